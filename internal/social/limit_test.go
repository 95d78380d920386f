package social_test

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/bayon-coagent/event-consumers/internal/social"
)

func TestLimits(t *testing.T) {
	t.Parallel()
	limits := []struct {
		platform, name                        string
		characters, images, hashtags, atLeast int
	}{
		{social.Facebook, "Facebook", 2000, 10, 15, 0},
		{social.Instagram, "Instagram", 2200, 10, 30, 1},
		{social.LinkedIn, "LinkedIn", 3000, 9, 15, 0},
		{social.Twitter, "X", 280, 4, 10, 0},
	}
	for _, limit := range limits {
		fits := social.Post{Text: strings.Repeat("ä", limit.characters), Images: make([]string, limit.images)}
		if err := social.Check(limit.platform, fits, limit.hashtags); err != nil {
			t.Errorf("%s refuses what is at its limits: %v", limit.platform, err)
		}
		if err := social.Check(limit.platform, social.Post{Images: make([]string, limit.atLeast)}, 0); err != nil {
			t.Errorf("%s refuses the least: %v", limit.platform, err)
		}
		tooMany := []struct {
			post     social.Post
			hashtags int
			want     social.LimitError
		}{
			{social.Post{Text: fits.Text + "b", Images: fits.Images}, 0, social.LimitError{What: "characters", Count: limit.characters + 1, Limit: limit.characters}},
			{social.Post{Images: make([]string, limit.images+1)}, 0, social.LimitError{What: "images", Count: limit.images + 1, Limit: limit.images}},
			{fits, limit.hashtags + 1, social.LimitError{What: "hashtags", Count: limit.hashtags + 1, Limit: limit.hashtags}},
		}
		for _, test := range tooMany {
			test.want.Network = limit.name
			var got *social.LimitError
			var refused *social.RefusedError
			err := social.Check(limit.platform, test.post, test.hashtags)
			if !errors.As(err, &got) || *got != test.want || !errors.As(err, &refused) || refused.Reason != err.Error() {
				t.Errorf("%s: %v", limit.platform, err)
			}
		}
	}
	err := social.Check(social.Instagram, social.Post{Text: "a"}, 0)
	if err == nil || err.Error() != "Instagram needs at least 1 images; the post has 0." {
		t.Errorf("instagram without images: %v", err)
	}
	err = social.Check(social.Twitter, social.Post{Text: strings.Repeat("家", 141)}, 0)
	if err == nil || err.Error() != "X takes up to 280 characters; the post has 282." {
		t.Errorf("282 as X counts: %v", err)
	}
	for _, platform := range []string{social.Blog, social.Newsletter} {
		if err := social.Check(platform, social.Post{Text: strings.Repeat("a", 100_000), Images: make([]string, 100)}, 100); err != nil {
			t.Errorf("%s has limits: %v", platform, err)
		}
	}
}

func TestWeight(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text string
		want       int
	}{
		{"nothing", "", 0},
		{"letters", "Open house", 10},
		{"a line end", "a\nb", 3},
		{"the last of a range", "\u10ff", 1},
		{"the first beyond it", "\u1100", 2},
		{"blanks of all widths", "\u1fff\u2000\u200d\u200e\u200f\u2010\u201f\u2020", 2 + 1 + 1 + 2 + 2 + 1 + 1 + 2},
		{"marks", "\u2031\u2032\u2037\u2038", 2 + 1 + 1 + 2},
		{"an em dash and quotes", "—“x”’", 5},
		{"a dollar and a euro", "$€", 3},
		{"Chinese", "家在", 4},
		{"Korean", "집", 2},
		{"Korean, taken apart", "\u110c\u1175\u1b80", 2 + 2},
		{"Japanese with its mark apart", "か\u3099", 2},
		{"Hindi", "घर", 2},
		{"Hindi with a joiner", "क्\u200dष", 4},
		{"an accent apart", "e\u0301", 1},
		{"an accent that joins nothing", "x\u0302", 2},
		{"an emoji", "🏡", 2},
		{"an old emoji", "☺", 2},
		{"an old emoji as an emoji", "❤\ufe0f", 2},
		{"a sign as an emoji", "©\ufe0f", 2},
		{"a key", "1\ufe0f\u20e3", 2},
		{"a skin tone", "👍🏽", 2},
		{"a family", "👨\u200d👩\u200d👧\u200d👦", 2},
		{"a profession with a skin tone", "👩🏽\u200d💼", 2},
		{"a flag", "🇺🇸", 2},
		{"two flags", "🇺🇸🇨🇦", 4},
		{"the flag of a region", "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f", 2},
		{"a mix", "H🐱☺👨\u200d👩\u200d👧\u200d👦", 7},
		{"what is no text", "\xff\xfe", 4},

		{"a URL", "https://bayon.example/listings/12?a=b#c", 23},
		{"a short URL", "http://a.co", 23},
		{"a URL in capitals", "HTTPS://BAYON.EXAMPLE/A", 23},
		{"text around it", "See https://bayon.example/a now", 4 + 23 + 4},
		{"a full stop after it", "See https://bayon.example/a.", 4 + 23 + 1},
		{"in brackets", "(https://bayon.example/a)", 1 + 23 + 1},
		{"brackets within", "https://bayon.example/a_(b)", 23},
		{"two", "https://a.co https://b.co", 23 + 1 + 23},
		{"with a port", "https://a.co:8080/x", 23},
		{"a colon after it", "https://a.co: x", 23 + 3},
		{"a bare domain", "bayon.com", 23},
		{"a bare domain with a path", "visit bayon.realestate/a!", 6 + 23 + 1},
		{"a bare domain at the end", "visit bayon.com.", 6 + 23 + 1},
		{"an e-mail address", "ann@bayon.com", 13},
		{"an e-mail address with dots", "ann.us@bayon.com", 16},
		{"a file", "plan.pdf", 8},
		{"a number", "1.5", 3},
		{"a sentence without a blank", "Sold.Now", 8},
		{"no host", "https://", 8},
		{"no top level", "https://localhost/", 18},
		{"an address of numbers", "http://127.0.0.1/", 17},
		{"dots", "a..com", 6},
		{"within a word", "xhttps://a.co", 13},
	}
	for _, test := range tests {
		if got := social.Weight(test.text); got != test.want {
			t.Errorf("%s, %q, weighs %d, want %d", test.name, test.text, got, test.want)
		}
	}
}

func TestWeightOfLetters(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[A-Za-zäöüß ,!'0-9]{0,400}`).Draw(t, "text")
		if got := social.Weight(text); got != utf8.RuneCountInString(text) {
			t.Fatalf("%q weighs %d", text, got)
		}
		if got := social.Weight(text + " https://bayon.example/" + strings.Repeat("a", 50)); got != utf8.RuneCountInString(text)+24 {
			t.Fatalf("%q and a URL weigh %d", text, got)
		}
	})
}

func TestHashtags(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		raw := rapid.SliceOf(rapid.StringMatching(`[#＃ a-z\t]{0,8}`)).Draw(t, "hashtags")
		for _, tag := range social.Hashtags(raw) {
			if !strings.HasPrefix(tag, "#") || strings.ContainsAny(tag[1:], "#＃ \t") || len(tag) < 2 {
				t.Fatalf("%q of %q", tag, raw)
			}
		}
	})
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
		{" Open\n\nhouse", []string{"a"}, " Open\n\nhouse\n\n#a"},
		{"", []string{"a", "b"}, "#a #b"},
		{"", nil, ""},
	}
	for _, test := range tests {
		if got := social.TextOf(test.content, test.hashtags); got != test.want {
			t.Errorf("%q and %q give %q", test.content, test.hashtags, got)
		}
	}
}
