package social_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/social"
)

// FuzzRequests looks for requests that make a network panic, answer what it does not, tell the token, or post what it has
// refused.
func FuzzRequests(f *testing.F) {
	form, contentType := multipartForm(f, "media", []byte("image"))
	for _, seed := range []struct{ target, contentType, body string }{
		{"facebook/v23.0/7/feed", "application/json", `{"message":"a","attached_media":[{"media_fbid":"1"}]}`},
		{"facebook/v23.0/7/feed", "application/x-www-form-urlencoded", "message=a&attached_media[0]={}"},
		{"facebook/v23.0/7/photos", "multipart/form-data; boundary=b", "--b"},
		{"instagram/v23.0/7/media", "application/json", `{"media_type":"CAROUSEL","children":["1",2]}`},
		{"linkedin/rest/posts", "application/json", linkedInPost(organization, map[string]any{"content": map[string]any{"multiImage": map[string]any{}}})},
		{"linkedin/rest/posts", "application/json", linkedInPost(organization, map[string]any{"commentary": `{hashtag|\#|a} @[b](urn:li:person:c) \`})},
		{"linkedin/rest/images?action=initializeUpload", "application/json", `{"initializeUploadRequest":null}`},
		{"twitter/2/tweets", "application/json", `{"text":"🏠 https://a.example","media":{"media_ids":null}}`},
		{"twitter/2/media/upload", contentType, form},
		{"blog", "application/json", `{"key":"k","text":"a","images":["://"]}`},
		{"newsletter", "application/json", `[null]`},
	} {
		f.Add(http.MethodPost, seed.target, seed.contentType, seed.body)
		f.Add(http.MethodGet, seed.target+"?fields=id,shares.summary({", seed.contentType, "")
	}
	f.Fuzz(func(t *testing.T, method, target, contentType, body string) {
		address := "http://127.0.0.1:4599/_social/" + target
		made, err := http.NewRequest(method, address, nil)
		if err != nil || made.URL.Host != "127.0.0.1:4599" || strings.ContainsFunc(target, noPartOfURL) || !utf8.ValidString(target) {
			t.Skip("no request")
		}
		for _, trouble := range []string{"cut", "slow"} {
			if strings.Contains(target+body, trouble) {
				t.Skip("asks for it")
			}
		}
		const token = "EAAGm0PX4ZCpsBAfuzz"
		w := open(t, social.Config{})
		request := httptest.NewRequest(method, address, strings.NewReader(body))
		for name, value := range map[string]string{"Authorization": "Bearer " + token, "Content-Type": contentType, "LinkedIn-Version": "202611", "X-Restli-Protocol-Version": "2.0.0"} {
			request.Header.Set(name, value)
		}
		answer := httptest.NewRecorder()
		w.handler.ServeHTTP(answer, request)
		if answer.Code >= 500 && answer.Code != http.StatusServiceUnavailable {
			t.Errorf("%d %s", answer.Code, answer.Body)
		}
		if answer.Body.Len() > 0 && answer.Header().Get("Content-Type") == "application/json; charset=utf-8" && !json.Valid(answer.Body.Bytes()) {
			t.Errorf("no JSON: %s", answer.Body)
		}
		posts := w.posts()
		if answer.Code >= 400 && len(posts) > 0 {
			t.Errorf("refused with %d, and posted: %+v", answer.Code, posts)
		}
		record, err := json.Marshal(posts)
		if err != nil || strings.Contains(answer.Body.String()+string(record), token) && !strings.Contains(target+body, token) {
			t.Errorf("tells the token: %s %s, error %v", answer.Body, record, err)
		}
	})
}

func noPartOfURL(r rune) bool { return r == ' ' || unicode.IsControl(r) }
