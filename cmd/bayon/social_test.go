package main

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/social"
)

func TestPostsForPeople(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 24, 8, 30, 5, 0, time.UTC)
	var list, none strings.Builder
	err := listPosts(&list, []social.Post{
		{Number: 1, Platform: "facebook", AccountID: "77", Text: "Open\nhouse\x1b[2J", PostedAt: at, Images: []string{"a", "b"}},
		{Number: 10, Platform: "linkedin", AccountID: "urn:li:organization:7", Text: strings.Repeat("ä", 60), PostedAt: at},
		{Number: 11, Platform: "twitter", AccountID: "x-1", Text: strings.Repeat("ä", 61), PostedAt: at},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := `NUMBER  POSTED                PLATFORM  ACCOUNT                IMAGES  TEXT
1       2026-11-24 08:30:05Z  facebook  77                     2       Open house�[2J
10      2026-11-24 08:30:05Z  linkedin  urn:li:organization:7  0       ` + strings.Repeat("ä", 60) + `
11      2026-11-24 08:30:05Z  twitter   x-1                    0       ` + strings.Repeat("ä", 59) + `…
`
	if diff := cmp.Diff(want, list.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if err := listPosts(&none, nil); err != nil || none.String() != "Nothing was posted.\n" {
		t.Errorf("%q, error %v", none.String(), err)
	}
}
