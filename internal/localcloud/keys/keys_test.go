package keys_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/smithy-go"
	"pgregory.net/rapid"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/keys"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/store"
)

const (
	declaredID = "1234abcd-12ab-34cd-56ef-1234567890ab"
	disabledID = "1234abcd-12ab-34cd-56ef-1234567890ac"
	unknownID  = "1234abcd-12ab-34cd-56ef-1234567890ad"
	arn        = "arn:aws:kms:us-east-1:123456789012:"
)

func memory(t testing.TB) *store.Space {
	t.Helper()
	opened, err := store.OpenMemory()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = opened.Close() })
	return opened.Space("kms")
}

// open opens keys with those that the tests know.
func open(t testing.TB, space *store.Space) *keys.Keys {
	t.Helper()
	all, err := keys.New(keys.Config{Space: space})
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{declaredID, disabledID} {
		if err := all.Declare(keys.Key{ID: id, Disabled: id == disabledID}); err != nil {
			t.Fatal(err)
		}
	}
	for alias, target := range map[string]string{"alias/tokens": declaredID, "alias/by-arn": arn + "key/" + declaredID} {
		if err := all.DeclareAlias(alias, target); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// client is the SDK's own.
func client(t *testing.T, all *keys.Keys) *kms.Client {
	t.Helper()
	server := httptest.NewServer(all.Handler())
	t.Cleanup(server.Close)
	return kms.New(kms.Options{
		Region: "us-east-1", BaseEndpoint: &server.URL, Credentials: credentials.NewStaticCredentialsProvider("any", "any", ""), Retryer: aws.NopRetryer{},
	})
}

func encrypt(t *testing.T, to *kms.Client, key, text string, context map[string]string) []byte {
	t.Helper()
	answer, err := to.Encrypt(t.Context(), &kms.EncryptInput{KeyId: &key, Plaintext: []byte(text), EncryptionContext: context})
	if err != nil {
		t.Fatal(err)
	}
	return answer.CiphertextBlob
}

func TestWhatIsEncryptedIsDecrypted(t *testing.T) {
	t.Parallel()
	to := client(t, open(t, memory(t)))
	for _, key := range []string{declaredID, arn + "key/" + declaredID, "alias/tokens", arn + "alias/tokens", "alias/by-arn"} {
		answer, err := to.Encrypt(t.Context(), &kms.EncryptInput{KeyId: &key, Plaintext: []byte("a token")})
		if err != nil {
			t.Fatalf("%s: %v", key, err)
		}
		if *answer.KeyId != arn+"key/"+declaredID || answer.EncryptionAlgorithm != types.EncryptionAlgorithmSpecSymmetricDefault {
			t.Errorf("%s: key %s, algorithm %s", key, *answer.KeyId, answer.EncryptionAlgorithm)
		}
		if encoded := base64.StdEncoding.EncodeToString(answer.CiphertextBlob); !strings.HasPrefix(encoded, "AQICAHh") || bytes.Contains(answer.CiphertextBlob, []byte("a token")) {
			t.Errorf("%s: the ciphertext %s", key, encoded)
		}
		for _, named := range []*string{nil, &key} {
			got, err := to.Decrypt(t.Context(), &kms.DecryptInput{CiphertextBlob: answer.CiphertextBlob, KeyId: named})
			if err != nil || string(got.Plaintext) != "a token" || *got.KeyId != arn+"key/"+declaredID {
				t.Errorf("%s: %+v, error %v", key, got, err)
			}
		}
	}
	own := open(t, memory(t))
	if plain, err := own.Decrypt(encrypt(t, client(t, own), keys.OwnAlias, "a token", nil)); err != nil || string(plain) != "a token" {
		t.Errorf("%s, error %v", plain, err)
	}
	first, second := encrypt(t, to, "alias/tokens", "same", nil), encrypt(t, to, "alias/tokens", "same", nil)
	if bytes.Equal(first, second) {
		t.Error("the same text has the same ciphertext")
	}
}

func TestAContextMustBeTheSame(t *testing.T) {
	t.Parallel()
	to := client(t, open(t, memory(t)))
	blob := encrypt(t, to, keys.OwnAlias, "a token", map[string]string{"user": "u1", "platform": "facebook"})
	for _, test := range []struct {
		context map[string]string
		opens   bool
	}{
		{map[string]string{"platform": "facebook", "user": "u1"}, true},
		{map[string]string{"user": "u1"}, false},
		{map[string]string{"user": "u1", "platform": "facebook", "x": ""}, false},
		{map[string]string{"user": "u1p", "latform": "facebook"}, false},
		{nil, false},
	} {
		_, err := to.Decrypt(t.Context(), &kms.DecryptInput{CiphertextBlob: blob, EncryptionContext: test.context})
		if known := (*types.InvalidCiphertextException)(nil); (err == nil) != test.opens || err != nil && !errors.As(err, &known) {
			t.Errorf("%v: error %v", test.context, err)
		}
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	to := client(t, open(t, memory(t)))
	good := encrypt(t, to, "alias/tokens", "a token", nil)
	long := func(size int) []byte { return bytes.Repeat([]byte("a"), size) }
	sealed := func(key string, text []byte) error {
		_, err := to.Encrypt(t.Context(), &kms.EncryptInput{KeyId: &key, Plaintext: text})
		return err
	}
	opened := func(key string, blob []byte) error {
		input := &kms.DecryptInput{CiphertextBlob: blob}
		if key != "" {
			input.KeyId = &key
		}
		_, err := to.Decrypt(t.Context(), input)
		return err
	}
	for _, test := range []struct {
		name          string
		err           error
		code, message string
	}{
		{"longest text", sealed(declaredID, long(4096)), "", ""},
		{"text too long", sealed(declaredID, long(4097)), "ValidationException", "'plaintext'"},
		{"no text", sealed(declaredID, []byte{}), "ValidationException", "'plaintext'"},
		{"unknown key", sealed(unknownID, long(1)), "NotFoundException", "Key '" + arn + "key/" + unknownID + "' does not exist"},
		{"unknown ARN", sealed(arn+"key/"+unknownID, long(1)), "NotFoundException", "does not exist"},
		{"unknown alias", sealed("alias/nothing", long(1)), "NotFoundException", "Alias " + arn + "alias/nothing is not found."},
		{"unknown alias's ARN", sealed(arn+"alias/nothing", long(1)), "NotFoundException", "is not found."},
		{"no key's id", sealed("tokens", long(1)), "NotFoundException", "Invalid keyId 'tokens'"},
		{"another region", sealed("arn:aws:kms:eu-west-1:123456789012:key/"+declaredID, long(1)), "NotFoundException", "Invalid arn"},
		{"disabled", sealed(disabledID, long(1)), "DisabledException", "is disabled"},
		{"key's id too long", sealed(string(long(2049)), long(1)), "ValidationException", "'keyId'"},
		{"no ciphertext", opened("", []byte("hello")), "InvalidCiphertextException", ""},
		{"empty", opened("", []byte{}), "ValidationException", "'ciphertextBlob'"},
		{"too long", opened("", long(6145)), "ValidationException", "'ciphertextBlob'"},
		{"header alone", opened("", good[:5]), "InvalidCiphertextException", ""},
		{"cut", opened("", good[:len(good)-1]), "InvalidCiphertextException", ""},
		{"unknown key's ciphertext", opened("", append(append([]byte{}, good[:5]...), long(100)...)), "InvalidCiphertextException", ""},
		{"another key", opened(keys.OwnAlias, good), "IncorrectKeyException", ""},
		{"unknown key to decrypt", opened(unknownID, good), "NotFoundException", ""},
		{"disabled to decrypt", opened(disabledID, good), "DisabledException", ""},
	} {
		var refusal smithy.APIError
		if (test.err == nil) != (test.code == "") || errors.As(test.err, &refusal) && (refusal.ErrorCode() != test.code || !strings.Contains(refusal.ErrorMessage(), test.message)) {
			t.Errorf("%s: error %v, want %s %s", test.name, test.err, test.code, test.message)
		}
	}
	for i := range good {
		flipped := bytes.Clone(good)
		flipped[i] ^= 1
		if err := opened("", flipped); err == nil {
			t.Errorf("byte %d does not matter", i)
		}
	}
	_, err := to.Encrypt(t.Context(), &kms.EncryptInput{KeyId: aws.String(declaredID), Plaintext: long(1), EncryptionAlgorithm: types.EncryptionAlgorithmSpecRsaesOaepSha256})
	if known := (*types.InvalidKeyUsageException)(nil); !errors.As(err, &known) {
		t.Errorf("another algorithm: %v", err)
	}
	_, err = to.ListKeys(t.Context(), &kms.ListKeysInput{})
	if refusal := smithy.APIError(nil); !errors.As(err, &refusal) || refusal.ErrorCode() != "UnknownOperationException" {
		t.Errorf("an operation that is not there: %v", err)
	}
	if err := open(t, memory(t)).DeclareAlias("alias/x", unknownID); err == nil {
		t.Error("an alias of no key")
	}
}

func TestMalformedRequests(t *testing.T) {
	t.Parallel()
	all := open(t, memory(t))
	for _, test := range []struct{ operation, body, want string }{
		{"Decrypt", `{`, "SerializationException"},
		{"Decrypt", `[]`, "SerializationException"},
		{"Decrypt", `{"CiphertextBlob":"§"}`, "SerializationException"},
		{"Decrypt", `{}`, "'ciphertextBlob' failed to satisfy constraint: Member must not be null"},
		{"Encrypt", `{}`, "'keyId' failed to satisfy constraint: Member must not be null"},
		{"Encrypt", `{"KeyId":"alias/tokens"}`, "'plaintext' failed to satisfy constraint: Member must not be null"},
		{"Encrypt", `{"KeyId":"alias/tokens","Plaintext":"YQ==","DryRun":true}`, "UnsupportedOperationException"},
		{"Decrypt", `{"CiphertextBlob":"YQ==","Recipient":{}}`, "UnsupportedOperationException"},
	} {
		if code, answer := call(all, test.operation, test.body); code != 400 || !strings.Contains(answer, test.want) {
			t.Errorf("%s %s: %d %s, want %s", test.operation, test.body, code, answer, test.want)
		}
	}
}

func call(all *keys.Keys, operation, body string) (int, string) {
	request := httptest.NewRequestWithContext(context.Background(), http.MethodPost, "/", strings.NewReader(body))
	request.Header.Set("X-Amz-Target", "TrentService."+operation)
	answer := httptest.NewRecorder()
	all.Handler().ServeHTTP(answer, request)
	return answer.Code, answer.Body.String()
}

func TestKeysSurviveARestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var blob []byte
	for _, check := range []func(*kms.Client){
		func(to *kms.Client) { blob = encrypt(t, to, "alias/tokens", "a token", nil) },
		func(to *kms.Client) {
			got, err := to.Decrypt(t.Context(), &kms.DecryptInput{CiphertextBlob: blob})
			if err != nil || string(got.Plaintext) != "a token" {
				t.Errorf("%v, error %v", got, err)
			}
		},
	} {
		disk, err := store.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		check(client(t, open(t, disk.Space("kms"))))
		if err := disk.Close(); err != nil {
			t.Fatal(err)
		}
	}
	_, err := client(t, open(t, memory(t))).Decrypt(t.Context(), &kms.DecryptInput{CiphertextBlob: blob})
	if known := (*types.InvalidCiphertextException)(nil); !errors.As(err, &known) {
		t.Errorf("another local cloud's ciphertext: %v", err)
	}
}

func TestAnyTextComesBack(t *testing.T) {
	t.Parallel()
	all := open(t, memory(t))
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.SliceOfN(rapid.Byte(), 1, 4096).Draw(t, "text")
		context := rapid.MapOf(rapid.String(), rapid.String()).Draw(t, "context")
		ask := func(operation string, request map[string]any) map[string][]byte {
			request["EncryptionContext"] = context
			body, err := json.Marshal(request)
			if err != nil {
				t.Fatal(err)
			}
			code, answer := call(all, operation, string(body))
			var decoded struct{ CiphertextBlob, Plaintext []byte }
			if err := json.Unmarshal([]byte(answer), &decoded); err != nil || code != 200 {
				t.Fatalf("%d %s", code, answer)
			}
			return map[string][]byte{"blob": decoded.CiphertextBlob, "text": decoded.Plaintext}
		}
		blob := ask("Encrypt", map[string]any{"KeyId": "alias/tokens", "Plaintext": text})["blob"]
		if got := ask("Decrypt", map[string]any{"CiphertextBlob": blob})["text"]; !bytes.Equal(got, text) {
			t.Fatalf("%x, want %x", got, text)
		}
	})
}

func FuzzDecrypt(f *testing.F) {
	all := open(f, memory(f))
	_, answer := call(all, "Encrypt", `{"KeyId":"alias/tokens","Plaintext":"aGlkZGVu"}`)
	f.Add([]byte(answer))
	for _, seed := range []string{`{"CiphertextBlob":"AQICAHh="}`, `{"CiphertextBlob":null,"KeyId":""}`, `{"EncryptionContext":{"a":null}}`, `[`, ``} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		code, answer := call(all, "Decrypt", string(body))
		if code != http.StatusOK && code != http.StatusBadRequest {
			t.Errorf("%d %s", code, answer)
		}
	})
}
