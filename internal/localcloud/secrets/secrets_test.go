package secrets_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/aws/smithy-go"
	"pgregory.net/rapid"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/secrets"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/store"
)

const arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:"

var created = time.Date(2026, 11, 24, 8, 30, 0, 0, time.UTC)

func open(t testing.TB, space *store.Space) *secrets.Secrets {
	t.Helper()
	return secrets.New(secrets.Config{Space: space, Now: func() time.Time { return created }})
}

func memory(t testing.TB) *store.Space {
	t.Helper()
	opened, err := store.OpenMemory()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = opened.Close() })
	return opened.Space("secretsmanager")
}

func declare(t testing.TB, all *secrets.Secrets, secret secrets.Secret) {
	t.Helper()
	if err := all.Declare(secret); err != nil {
		t.Fatal(err)
	}
}

// client is the SDK's own.
func client(t *testing.T, all *secrets.Secrets) *secretsmanager.Client {
	t.Helper()
	server := httptest.NewServer(all.Handler())
	t.Cleanup(server.Close)
	return secretsmanager.New(secretsmanager.Options{
		Region: "us-east-1", BaseEndpoint: &server.URL, Credentials: credentials.NewStaticCredentialsProvider("any", "any", ""),
	})
}

func get(t *testing.T, from *secretsmanager.Client, input *secretsmanager.GetSecretValueInput) *secretsmanager.GetSecretValueOutput {
	t.Helper()
	answer, err := from.GetSecretValue(t.Context(), input)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

func TestSecretsAreFoundByNameAndARN(t *testing.T) {
	t.Parallel()
	all := open(t, memory(t))
	declare(t, all, secrets.Secret{Name: "bayon/key", ARN: arn + "bayon/key-AbCdEf", Value: aws.String("one")})
	declare(t, all, secrets.Secret{Name: "bayon/key-AbCdEf", ARN: arn + "bayon/key-AbCdEf-123456", Value: aws.String("two")})
	from := client(t, all)
	for id, want := range map[string]string{
		"bayon/key":                     "one",
		arn + "bayon/key-AbCdEf":        "one", // the whole ARN of one before a part of the other's
		arn + "bayon/key":               "one",
		"bayon/key-AbCdEf":              "two",
		arn + "bayon/key-AbCdEf-123456": "two",
	} {
		answer := get(t, from, &secretsmanager.GetSecretValueInput{SecretId: &id})
		if got := aws.ToString(answer.SecretString); got != want {
			t.Errorf("%s: %q, want %q", id, got, want)
		}
		if !answer.CreatedDate.Equal(created) || !slices.Equal(answer.VersionStages, []string{"AWSCURRENT"}) || len(*answer.VersionId) != 36 {
			t.Errorf("%s: created %v, stages %v, version %s", id, answer.CreatedDate, answer.VersionStages, *answer.VersionId)
		}
	}
	current := get(t, from, &secretsmanager.GetSecretValueInput{SecretId: aws.String("bayon/key")}).VersionId
	for _, input := range []*secretsmanager.GetSecretValueInput{{VersionId: current}, {VersionStage: aws.String("AWSCURRENT")}, {VersionId: current, VersionStage: aws.String("AWSCURRENT")}} {
		input.SecretId = aws.String("bayon/key")
		if got := *get(t, from, input).SecretString; got != "one" {
			t.Errorf("%+v: %q", input, got)
		}
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	all := open(t, memory(t))
	declare(t, all, secrets.Secret{Name: "key", ARN: arn + "key-AbCdEf", Value: aws.String("one")})
	declare(t, all, secrets.Secret{Name: "empty", ARN: arn + "empty-AbCdEf"})
	from := client(t, all)
	current := get(t, from, &secretsmanager.GetSecretValueInput{SecretId: aws.String("key")}).VersionId
	tests := []struct {
		name, id       string
		version, stage *string
		code, message  string
	}{
		{name: "unknown name", id: "nothing", code: "ResourceNotFoundException", message: "Secrets Manager can't find the specified secret."},
		{name: "unknown ARN", id: arn + "ke", code: "ResourceNotFoundException", message: "Secrets Manager can't find the specified secret."},
		{name: "another suffix", id: arn + "key-fEdCbA", code: "ResourceNotFoundException", message: "Secrets Manager can't find the specified secret."},
		{name: "no value", id: "empty", code: "ResourceNotFoundException", message: "staging label: AWSCURRENT"},
		{name: "no value of a version", id: "empty", version: current, code: "ResourceNotFoundException", message: "VersionId: " + *current},
		{name: "unknown version", id: "key", version: aws.String(strings.Repeat("0", 32)), code: "ResourceNotFoundException", message: "VersionId: 000"},
		{name: "unknown stage", id: "key", stage: aws.String("AWSPREVIOUS"), code: "ResourceNotFoundException", message: "staging label: AWSPREVIOUS"},
		{name: "stage of another version", id: "key", version: current, stage: aws.String("AWSPREVIOUS"), code: "InvalidRequestException", message: "not associated"},
		{name: "empty name", id: "", code: "ValidationException", message: "'secretId' failed to satisfy constraint: Member must have length greater than or equal to 1"},
		{name: "longest name", id: strings.Repeat("a", 2048), code: "ResourceNotFoundException", message: ""},
		{name: "too long a name", id: strings.Repeat("a", 2049), code: "ValidationException", message: "less than or equal to 2048"},
		{name: "short version", id: "key", version: aws.String(strings.Repeat("0", 31)), code: "ValidationException", message: "greater than or equal to 32"},
		{name: "longest version", id: "key", version: aws.String(strings.Repeat("0", 64)), code: "ResourceNotFoundException", message: ""},
		{name: "long version", id: "key", version: aws.String(strings.Repeat("0", 65)), code: "ValidationException", message: "less than or equal to 64"},
		{name: "empty stage", id: "key", stage: aws.String(""), code: "ValidationException", message: "'versionStage'"},
		{name: "longest stage", id: "key", stage: aws.String(strings.Repeat("s", 256)), code: "ResourceNotFoundException", message: ""},
		{name: "long stage", id: "key", stage: aws.String(strings.Repeat("s", 257)), code: "ValidationException", message: "less than or equal to 256"},
	}
	for _, test := range tests {
		_, err := from.GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: &test.id, VersionId: test.version, VersionStage: test.stage})
		var refusal smithy.APIError
		if !errors.As(err, &refusal) || refusal.ErrorCode() != test.code || !strings.Contains(refusal.ErrorMessage(), test.message) {
			t.Errorf("%s: error %v, want %s: %s", test.name, err, test.code, test.message)
		}
	}
	_, err := from.GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: aws.String("nothing")})
	if notFound := (*types.ResourceNotFoundException)(nil); !errors.As(err, &notFound) {
		t.Errorf("the SDK reads %T", err)
	}
	_, err = from.ListSecrets(t.Context(), &secretsmanager.ListSecretsInput{})
	if refusal := smithy.APIError(nil); !errors.As(err, &refusal) || refusal.ErrorCode() != "UnknownOperationException" {
		t.Errorf("an operation that is not there: %v", err)
	}
	if code, body := call(all, `{}`); code != 400 || !strings.Contains(body, "Value null at 'secretId'") {
		t.Errorf("nothing asked for: %d %s", code, body)
	}
	if code, body := call(all, `{"SecretId":7}`); code != 400 || !strings.Contains(body, "SerializationException") {
		t.Errorf("no text: %d %s", code, body)
	}
}

func call(all *secrets.Secrets, body string) (int, string) {
	request := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	request.Header.Set("X-Amz-Target", "secretsmanager.GetSecretValue")
	answer := httptest.NewRecorder()
	all.Handler().ServeHTTP(answer, request)
	return answer.Code, answer.Body.String()
}

func TestGeneratedValuesStayUntilTheirSettingsChange(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	start := func(declared secrets.Secret) (value, version string) {
		t.Helper()
		disk, err := store.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer disk.Close()
		all := open(t, disk.Space("secretsmanager"))
		declared.Name, declared.ARN = "key", arn+"key-AbCdEf"
		declare(t, all, declared)
		answer := get(t, client(t, all), &secretsmanager.GetSecretValueInput{SecretId: aws.String("key")})
		return *answer.SecretString, *answer.VersionId
	}
	settings := &secrets.Generate{Length: 40, ExcludePunctuation: true, RequireEachType: true}
	first, version := start(secrets.Secret{Generate: settings})
	if again, sameVersion := start(secrets.Secret{Generate: settings}); again != first || sameVersion != version {
		t.Error("the value is another one after a restart")
	}
	longer := *settings
	longer.Length = 41
	second, newVersion := start(secrets.Secret{Generate: &longer})
	if second == first || newVersion == version || len(second) != 41 {
		t.Error("other settings did not make another value")
	}
	if third, _ := start(secrets.Secret{Generate: settings}); third == first {
		t.Error("a value came back")
	}
	given, version := start(secrets.Secret{Value: aws.String("given")})
	if again, sameVersion := start(secrets.Secret{Value: aws.String("given")}); given != "given" || again != given || sameVersion != version {
		t.Error("a given value did not stay")
	}
	if other, otherVersion := start(secrets.Secret{Value: aws.String("other")}); other != "other" || otherVersion == version {
		t.Error("a given value did not change")
	}
}

func TestValuesAreGeneratedAsAsked(t *testing.T) {
	t.Parallel()
	const lower, upper, digits, punctuation = "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789", "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
	space := memory(t)
	rapid.Check(t, func(t *rapid.T) {
		flag := func(name string) bool { return rapid.Bool().Draw(t, name) }
		settings := secrets.Generate{
			Length: rapid.IntRange(5, 200).Draw(t, "length"), ExcludeCharacters: rapid.StringMatching(`[a-c0-3"@ ]{0,5}`).Draw(t, "excluded"),
			ExcludeLowercase: flag("lower"), ExcludeUppercase: flag("upper"), ExcludeNumbers: flag("numbers"),
			ExcludePunctuation: flag("punctuation"), IncludeSpace: flag("space"), RequireEachType: flag("each"),
		}
		all := secrets.New(secrets.Config{Space: space})
		err := all.Declare(secrets.Secret{Name: "key", ARN: arn + "key-AbCdEf", Generate: &settings})
		if settings.ExcludeLowercase && settings.ExcludeUppercase && settings.ExcludeNumbers && settings.ExcludePunctuation {
			if !settings.IncludeSpace && err == nil {
				t.Fatal("a value of no characters")
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		value := valueOf(t, all)
		if len(value) != settings.Length {
			t.Fatalf("%d characters, want %d", len(value), settings.Length)
		}
		if settings.ExcludeCharacters != "" && strings.ContainsAny(value, settings.ExcludeCharacters) {
			t.Fatal("an excluded character")
		}
		for _, kind := range []struct {
			excluded   bool
			characters string
		}{
			{settings.ExcludeLowercase, lower}, {settings.ExcludeUppercase, upper}, {settings.ExcludeNumbers, digits},
			{settings.ExcludePunctuation, punctuation}, {!settings.IncludeSpace, " "},
		} {
			switch there := strings.ContainsAny(value, kind.characters); {
			case kind.excluded && there:
				t.Fatalf("one of %q, which are excluded", kind.characters)
			case !kind.excluded && settings.RequireEachType && !there && strings.Trim(kind.characters, settings.ExcludeCharacters) != "":
				t.Fatalf("none of %q", kind.characters)
			}
		}
	})
}

type fataler interface{ Fatal(...any) }

func valueOf(t fataler, all *secrets.Secrets) string {
	_, body := call(all, `{"SecretId":"key"}`)
	_, rest, found := strings.Cut(body, `"SecretString":`)
	if !found {
		t.Fatal(body)
	}
	var value string
	if err := decodeFirst(rest, &value); err != nil {
		t.Fatal(err)
	}
	return value
}

// decodeFirst reads the JSON value that a text begins with.
func decodeFirst(text string, into any) error {
	return json.NewDecoder(strings.NewReader(text)).Decode(into)
}

func TestGeneratedObjects(t *testing.T) {
	t.Parallel()
	all := open(t, memory(t))
	declare(t, all, secrets.Secret{Name: "key", ARN: arn + "key-AbCdEf", Generate: &secrets.Generate{
		Length: 8, Template: `{"username":"bayon","n":1.50}`, Key: "password", ExcludePunctuation: true, ExcludeLowercase: true, ExcludeUppercase: true,
	}})
	var got struct{ Username, Password string }
	if err := decodeFirst(valueOf(t, all), &got); err != nil {
		t.Fatal(err)
	}
	if got.Username != "bayon" || len(got.Password) != 8 || strings.Trim(got.Password, "0123456789") != "" || !strings.Contains(valueOf(t, all), `"n":1.50`) {
		t.Errorf("got %+v", got)
	}
}

func TestSettingsThatNoValueCanMeet(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		settings secrets.Generate
		want     string // empty for settings that can be met
	}{
		{secrets.Generate{Length: 4, RequireEachType: true}, ""},
		{secrets.Generate{Length: 3, RequireEachType: true}, "PasswordLength: 3 is too short for one character of each of 4 types"},
		{secrets.Generate{Length: 3}, ""},
		{secrets.Generate{Length: 0}, "PasswordLength: must be between 1 and 4096, not 0"},
		{secrets.Generate{Length: 4096}, ""},
		{secrets.Generate{Length: 4097}, "PasswordLength: must be between 1 and 4096, not 4097"},
		{secrets.Generate{Length: 8, ExcludeLowercase: true, ExcludeUppercase: true, ExcludePunctuation: true, ExcludeCharacters: "0123456789"}, "excludes every character"},
		{secrets.Generate{Length: 8, Template: "[]", Key: "a"}, "SecretStringTemplate: must be a JSON object"},
		{secrets.Generate{Length: 8, Template: "null", Key: "a"}, "SecretStringTemplate: must be a JSON object"},
	} {
		err := open(t, memory(t)).Declare(secrets.Secret{Name: "key", ARN: arn + "key-AbCdEf", Generate: &test.settings})
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%+v: error %v, want %q", test.settings, err, test.want)
		}
	}
}

func FuzzGetSecretValue(f *testing.F) {
	all := open(f, memory(f))
	declare(f, all, secrets.Secret{Name: "key", ARN: arn + "key-AbCdEf", Value: aws.String("hidden")})
	for _, seed := range []string{`{"SecretId":"key"}`, `{"SecretId":"key","VersionStage":"AWSPREVIOUS","VersionId":null}`, `{"SecretId":"arn:"}`, `[]`, `{"SecretId":`, ``} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		code, answer := call(all, string(body))
		if code != http.StatusOK && code != http.StatusBadRequest {
			t.Errorf("%d %s", code, answer)
		}
		if code != http.StatusOK && strings.Contains(answer, "hidden") && !bytes.Contains(body, []byte("hidden")) {
			t.Errorf("a refusal tells the value: %s", answer)
		}
	})
}
