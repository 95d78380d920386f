package social_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/social"
)

func TestAccountsThatAskForTrouble(t *testing.T) {
	t.Parallel()
	for _, platform := range platforms {
		for _, test := range []struct {
			account string
			code    int
			made    int
		}{
			{"forbidden", 403, 0}, {"forbidden-7", 403, 0}, {"limited", 429, 0}, {"limited7", 429, 0}, {"broken", 503, 0},
			{"slow", 2, 1}, {"cut", 0, 1}, {"cut-1", 0, 1}, {"denied", 503, 1}, {"denied-1", 503, 1}, {"uncut", 2, 1}, {"1", 2, 1},
		} {
			for name, token := range map[string]string{"known": tokenOf(test.account), "unknown": test.account} {
				w := open(t, social.Config{Late: time.Nanosecond})
				got := w.publish(platform, test.account, token, "Hello")
				if got.code != test.code && got.code/100 != test.code {
					t.Errorf("%s: %s: %s: %d %s", platform, name, test.account, got.code, got.body)
				}
				if made := len(w.posts()); made != test.made {
					t.Errorf("%s: %s: %s: %d posts", platform, name, test.account, made)
				}
				if wait := got.header.Get("Retry-After"); (wait == "60") != (test.code == 429) {
					t.Errorf("%s: %s: Retry-After %q", platform, test.account, wait)
				}
				reset := ""
				if platform == "twitter" && test.code == 429 {
					reset = strconv.FormatInt(w.clock.time().Add(time.Minute).Unix(), 10)
				}
				if told := got.header.Get("X-Rate-Limit-Reset"); told != reset {
					t.Errorf("%s: %s: x-rate-limit-reset %q, want %q", platform, test.account, told, reset)
				}
			}
		}
	}
}

// TestWhoPostsAgainAfterACutIsFoundOut shows what the trouble is for.
func TestWhoPostsAgainAfterACutIsFoundOut(t *testing.T) {
	t.Parallel()
	for platform, want := range map[string]struct {
		code  int // of the second answer
		posts int
	}{
		"facebook": {0, 2}, "instagram": {0, 2}, "linkedin": {0, 2}, "twitter": {403, 1}, "blog": {200, 1}, "newsletter": {200, 1},
	} {
		w := open(t, social.Config{})
		w.publish(platform, "cut", tokenOf("cut"), "Hello")
		if got := w.publish(platform, "cut", tokenOf("cut"), "Hello"); got.code != want.code || len(w.posts()) != want.posts {
			t.Errorf("%s: %d %s, %d posts", platform, got.code, got.body, len(w.posts()))
		}
	}
}

func TestALateAnswerIsLate(t *testing.T) {
	t.Parallel()
	w := open(t, social.Config{Late: time.Hour})
	server := httptest.NewServer(w.handler)
	defer server.Close()
	client := &http.Client{Timeout: 300 * time.Millisecond}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+"/_social/facebook/v23.0/slow/feed", strings.NewReader("message=a"))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer any")
	response, err := client.Do(request)
	if err == nil {
		response.Body.Close()
		t.Fatal("answered at once")
	}
	if len(w.posts()) != 1 {
		t.Errorf("%d posts", len(w.posts()))
	}
}

func TestACutConnectionHasNoAnswer(t *testing.T) {
	t.Parallel()
	w := open(t, social.Config{})
	server := httptest.NewServer(w.handler)
	defer server.Close()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+"/_social/facebook/v23.0/cut/feed", strings.NewReader("message=a"))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer any")
	response, err := http.DefaultClient.Do(request)
	if err == nil {
		response.Body.Close()
	}
	if !errors.Is(err, io.EOF) || len(w.posts()) != 1 {
		t.Errorf("answer %v, error %v, %d posts", response, err, len(w.posts()))
	}
}

func TestFaultsByChance(t *testing.T) {
	t.Parallel()
	always := func() bool { return true }
	for _, platform := range platforms {
		for _, test := range []struct {
			faults social.Faults
			code   int
			posts  int
		}{
			{social.Faults{}, 2, 1},
			{social.Faults{Limit: always, Fail: always, Cut: always}, 429, 0},
			{social.Faults{Fail: always, Cut: always}, 503, 0},
			{social.Faults{Cut: always}, 0, 1},
		} {
			w := open(t, social.Config{Faults: test.faults})
			got := w.publish(platform, "1", tokenOf("1"), "Hello")
			if got.code != test.code && got.code/100 != test.code || len(w.posts()) != test.posts {
				t.Errorf("%s: %d %s, %d posts, want %+v", platform, got.code, got.body, len(w.posts()), test)
			}
		}
	}
}
