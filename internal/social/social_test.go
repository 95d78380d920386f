package social_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/social"
)

const secret = "EAASecretTokenOfTheAgent0123456789"

func now() time.Time { return time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC) }

// network is the network of a platform, at a server that stands for it.
func network(t *testing.T, platform string, handler http.HandlerFunc) social.Network {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	found, ok := networksAt(server.URL).For(platform)
	if !ok {
		t.Fatalf("there is no %s", platform)
	}
	return found
}

func account() social.Account { return social.Account{ID: "1001", Token: social.NewToken(secret)} }

func TestFacebookPost(t *testing.T) {
	t.Parallel()
	facebook := network(t, social.Facebook, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.String() != "/v23.0/1001/feed" || r.Header.Get("Authorization") != "Bearer "+secret {
			t.Errorf("%s with %v", r.URL, r.Header)
		}
		if body := read(r); body != `{"message":"Open house","published":true}` {
			t.Errorf("the request is %s", body)
		}
		write(w, http.StatusOK, `{"id":"1001_7"}`)
	})
	got, err := facebook.Publish(t.Context(), account(), social.Post{Text: "Open house"})
	if want := (social.Published{PostID: "1001_7", URL: "https://www.facebook.com/1001_7"}); err != nil || got != want {
		t.Errorf("published %v, %v", got, err)
	}
}

func TestTextOf(t *testing.T) {
	t.Parallel()
	tests := []struct {
		content  string
		hashtags []string
		want     string
	}{
		{"Open house", []string{"realestate", "#Austin", "##open house", " ", "#", "＃tx"}, "Open house\n\n#realestate #Austin #openhouse #tx"},
		{"Open house \n", nil, "Open house"},
		{"", []string{"a", "b"}, "#a #b"},
		{"", nil, ""},
	}
	for _, test := range tests {
		if got := social.TextOf(test.content, test.hashtags); got != test.want {
			t.Errorf("%q and %q give %q", test.content, test.hashtags, got)
		}
	}
}

func write(w http.ResponseWriter, status int, body string) {
	w.WriteHeader(status)
	w.Write([]byte(body))
}

func read(r *http.Request) string {
	var body strings.Builder
	if _, err := strings.NewReader("").WriteTo(&body); err != nil {
		return err.Error()
	}
	buffer := make([]byte, 1<<20)
	for {
		n, err := r.Body.Read(buffer)
		body.Write(buffer[:n])
		if err != nil {
			return body.String()
		}
	}
}

func networksAt(url string) *social.Networks {
	return social.New(social.Config{
		FacebookBaseURL: url, InstagramBaseURL: url, LinkedInBaseURL: url, XBaseURL: url, BlogURL: url + "/blog", NewsletterURL: url + "/newsletter",
		FacebookVersion: "v23.0", LinkedInVersion: "202606", Now: now,
	})
}
