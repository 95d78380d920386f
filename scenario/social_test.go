package scenario_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// socialTemplate describes a stack that has no functions, but what they need to post to social networks.
const socialTemplate = "testdata/social.yaml"

// TestPosts posts to the networks of a local cloud as a client does, looks at what was posted, kills the local cloud, and looks
// again.
func TestPosts(t *testing.T) {
	t.Parallel()
	c := start(t, "--template", socialTemplate)
	const secret = "EAAGm0PX4ZCpsBA"
	for _, test := range []struct {
		path, body string
		code       int // 0 when the connection was cut
		want       string
	}{
		{"facebook/v23.0/7/feed", `{"message":"Open house, Sunday"}`, 200, `"id":"7_`},
		{"facebook/v23.0/limited/feed", `{"message":"a"}`, 429, `"code":4`},
		{"facebook/v23.0/cut/feed", `{"message":"Cut off"}`, 0, ""},
		{"twitter/2/tweets", `{"text":"Open house"}`, 201, `"data"`},
		{"twitter/2/tweets", `{"text":"Open house"}`, 403, "duplicate content"},
		{"blog", `{"key":"k","title":"Market","text":"Prices rise"}`, 201, `"url"`},
		{"blog", `{"key":"k","title":"Market","text":"Prices rise"}`, 200, `"url"`},
	} {
		code, output := c.post("/_social/"+test.path, secret, test.body)
		if code != test.code || !strings.Contains(output, test.want) {
			t.Errorf("%s %s: %d %s", test.path, test.body, code, output)
		}
	}
	if code, output := c.post("/_social/facebook/v23.0/7/feed", "revoked", "{}"); code != 401 {
		t.Errorf("a revoked token: %d %s", code, output)
	}
	before := c.socialPosts()
	for _, test := range []struct {
		arguments string
		code      int
		want      string
	}{
		{"social", 0, "facebook  7 "},
		{"social", 0, "Open house, Sunday"},
		{"social --json", 0, `"platform":"facebook","accountId":"7","postId":"7_`},
		{"social --help", 0, "forbidden…"},
		{"social 7", 2, "Try bayon --help"},
	} {
		if code, output := c.command(strings.Fields(test.arguments)...); code != test.code || !strings.Contains(output, test.want) {
			t.Errorf("%s: exit code %d, want %d and %q in:\n%s", test.arguments, code, test.code, test.want, output)
		}
	}
	if len(before) != 4 || before[0].Text != "Open house, Sunday" || before[0].Request.Method != http.MethodPost ||
		before[0].Request.URL != c.endpoint()+"/_social/facebook/v23.0/7/feed" || before[1].AccountID != "cut" {
		t.Errorf("posted: %+v", before)
	}
	c.kill(syscall.SIGKILL)
	c.up()
	if after := c.socialPosts(); fmt.Sprint(after) != fmt.Sprint(before) {
		t.Errorf("after a kill the posts are %v, before %v", after, before)
	}
	c.kill(syscall.SIGTERM)
	if code, output := c.command("social"); code != 3 {
		t.Errorf("without a local cloud: exit code %d\n%s", code, output)
	}
	for name, content := range c.stateFiles() { // compressed parts could hide it, but nothing was compacted yet
		if strings.Contains(content, secret) {
			t.Errorf("%s holds the token", name)
		}
	}
}

func TestPostsByChance(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		chaos string
		code  int
		posts int
	}{
		{"social-limit=100%", 429, 0}, {"social-fault=100%", 503, 0}, {"social-cut=100%", 0, 1},
	} {
		c := start(t, "--template", socialTemplate, "--chaos", test.chaos)
		code, output := c.post("/_social/facebook/v23.0/7/feed", "any", `{"message":"a"}`)
		if code != test.code || len(c.socialPosts()) != test.posts {
			t.Errorf("%s: %d %s, %d posts", test.chaos, code, output, len(c.socialPosts()))
		}
	}
}

func TestKeysThroughTheAWSCommandLine(t *testing.T) {
	t.Parallel()
	venv(t)
	c := start(t, "--template", socialTemplate)
	const alias = "alias/bayon-tokens-development"
	folder := t.TempDir()
	file, plain := filepath.Join(folder, "blob"), filepath.Join(folder, "plain")
	if err := os.WriteFile(plain, []byte("a token"), 0o600); err != nil {
		t.Fatal(err)
	}
	encrypt := func(key string) string {
		succeeded, output := c.aws("kms", "encrypt", "--key-id", key, "--plaintext", "fileb://"+plain,
			"--encryption-context", "user=u1", "--query", "CiphertextBlob")
		blob, err := base64.StdEncoding.DecodeString(strings.TrimSpace(output))
		if !succeeded || err != nil {
			t.Fatalf("%s, error %v", output, err)
		}
		if err := os.WriteFile(file, blob, 0o600); err != nil {
			t.Fatal(err)
		}
		return output
	}
	encrypt("alias/bayon-local")
	encrypt(alias)
	steps := []struct {
		name, arguments string
		succeeds        bool
		want            string
	}{
		{"decrypt", "kms decrypt --ciphertext-blob fileb://" + file + " --encryption-context user=u1 --query Plaintext", true, base64.StdEncoding.EncodeToString([]byte("a token"))},
		{"its key", "kms decrypt --ciphertext-blob fileb://" + file + " --encryption-context user=u1 --key-id " + alias + " --query KeyId", true, "arn:aws:kms:us-east-1:123456789012:key/"},
		{"another context", "kms decrypt --ciphertext-blob fileb://" + file + " --encryption-context user=u2", false, "(InvalidCiphertextException)"},
		{"another key", "kms decrypt --ciphertext-blob fileb://" + file + " --encryption-context user=u1 --key-id alias/bayon-local", false, "(IncorrectKeyException)"},
		{"no ciphertext", "kms decrypt --ciphertext-blob YQ==", false, "(InvalidCiphertextException)"},
		{"unknown alias", "kms encrypt --key-id alias/nothing --plaintext YQ==", false, "(NotFoundException)"},
		{"another operation", "kms list-keys", false, "UnknownOperationException"},
	}
	check := func() {
		for _, step := range steps {
			succeeded, output := c.aws(strings.Fields(step.arguments)...)
			if succeeded != step.succeeds || !strings.Contains(output, step.want) {
				t.Errorf("%s: succeeded %v, want %q in:\n%s", step.name, succeeded, step.want, output)
			}
		}
	}
	check()
	c.kill(syscall.SIGKILL)
	c.up()
	check()
}

// post sends JSON to the local cloud; the code is 0 when there is no answer.
func (c *cloud) post(path, token, body string) (int, string) {
	c.t.Helper()
	request, err := http.NewRequestWithContext(c.t.Context(), http.MethodPost, c.endpoint()+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err.Error()
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return response.StatusCode, string(answer)
}

// socialPost is a post as programs read it at /_bayon/social.
type socialPost struct {
	Platform, AccountID, PostID, Text, PostedAt string
	Images                                      []string
	Request                                     struct{ Method, URL string }
}

func (c *cloud) socialPosts() []socialPost {
	c.t.Helper()
	response, err := http.Get(c.endpoint() + "/_bayon/social")
	if err != nil {
		c.t.Fatal(err)
	}
	defer response.Body.Close()
	var posts []socialPost
	if err := json.NewDecoder(response.Body).Decode(&posts); err != nil {
		c.t.Fatal(err)
	}
	return posts
}

// stateFiles is what the files of the state hold, by their names.
func (c *cloud) stateFiles() map[string]string {
	c.t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(c.state, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		files[path] = string(content)
		return err
	})
	if err != nil || len(files) == 0 {
		c.t.Fatalf("%d files, error %v", len(files), err)
	}
	return files
}

// TestXKnowsWhoseTokenItIs keeps a connection in the functions' table, and posts with its token.
func TestXKnowsWhoseTokenItIs(t *testing.T) {
	t.Parallel()
	c := start(t)
	for agent, account := range map[string]string{"u1": "x-7", "u2": "limited-7"} {
		c.put(agent, "SOCIAL#TWITTER", "SocialConnection", fields{"provider": "TWITTER", "accessToken": "token-of-" + agent})
		c.put(agent, "SCHEDULE#s1", "ScheduledContent", fields{"channels": []fields{{"type": "twitter", "accountId": account}}})
	}
	if code, output := c.post("/_social/twitter/2/tweets", "token-of-u1", `{"text":"Open house"}`); code != 201 {
		t.Errorf("%d %s", code, output)
	}
	if code, output := c.post("/_social/twitter/2/tweets", "token-of-u2", `{"text":"Open house"}`); code != 429 {
		t.Errorf("the account asks for trouble: %d %s", code, output)
	}
	if posts := c.socialPosts(); len(posts) != 1 || posts[0].AccountID != "x-7" {
		t.Errorf("posted: %+v", posts)
	}
}
