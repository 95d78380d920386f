package social_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/social"
)

const organization = "urn:li:organization:7"

// upload uploads an image to LinkedIn, and returns its URN.
func (w *world) upload(owner string) string {
	w.t.Helper()
	begun := w.ask("POST", "linkedin/rest/images?action=initializeUpload", "t", encode(map[string]any{"initializeUploadRequest": map[string]any{"owner": owner}}), restli()...)
	to, found := strings.CutPrefix(begun.text(w.t, "value", "uploadUrl"), "http://127.0.0.1:4599/_social/")
	if !found {
		w.t.Fatalf("%d %s", begun.code, begun.body)
	}
	if got := w.ask("PUT", to, "t", "image", "Content-Type", "application/octet-stream"); got.code != 201 {
		w.t.Errorf("upload: %d %s", got.code, got.body)
	}
	return begun.text(w.t, "value", "image")
}

func TestLinkedInPosts(t *testing.T) {
	t.Parallel()
	w := open(t, social.Config{})
	images := []string{w.upload(organization), w.upload(organization)}
	post := func(author, commentary string, content any) string {
		got := w.ask("POST", "linkedin/rest/posts", "t", linkedInPost(author, map[string]any{"commentary": commentary, "content": content}), restli()...)
		if got.code != 201 || got.body != "" || !strings.HasPrefix(got.header.Get("X-Restli-Id"), "urn:li:share:7") {
			t.Errorf("%s: %d %s %v", commentary, got.code, got.body, got.header)
		}
		return got.header.Get("X-Restli-Id")
	}
	ids := []string{
		post("urn:li:person:abc", `Open \(house\) #home`, nil),
		post(organization, "One", map[string]any{"media": map[string]any{"id": images[0], "altText": "a house"}}),
		post(organization, "Two", map[string]any{"multiImage": map[string]any{"images": []any{map[string]any{"id": images[0]}, map[string]any{"id": images[1]}}}}),
	}
	request := social.Request{Method: "POST", URL: "http://127.0.0.1:4599/_social/linkedin/rest/posts"}
	at := newClock().time()
	want := []social.Post{
		{Number: 1, Platform: "linkedin", AccountID: "abc", PostID: ids[0], Text: "Open (house) #home", Images: []string{}, PostedAt: at, Request: request},
		{Number: 2, Platform: "linkedin", AccountID: organization, PostID: ids[1], Text: "One", Images: images[:1], PostedAt: at, Request: request},
		{Number: 3, Platform: "linkedin", AccountID: organization, PostID: ids[2], Text: "Two", Images: images, PostedAt: at, Request: request},
	}
	if diff := cmp.Diff(want, w.posts()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	list := func(author, more string) response {
		return w.ask("GET", "linkedin/rest/posts?q=author&author="+url.QueryEscape(author)+more, "t", "", restli()...)
	}
	if got := list(organization, "&count=1"); got.text(t, "elements", "0", "id") != ids[2] || got.text(t, "elements", "1", "id") != "" {
		t.Errorf("the newest: %s", got.body)
	}
	if got := list(organization, "&start=1"); got.text(t, "elements", "0", "id") != ids[1] {
		t.Errorf("the second: %s", got.body)
	}
	if got := list("urn:li:person:abc", ""); got.text(t, "elements", "0", "commentary") != `Open \(house\) #home` || got.text(t, "elements", "0", "publishedAt") != "1795509000000" {
		t.Errorf("a member's: %s", got.body)
	}
}

func TestLinkedInChecks(t *testing.T) {
	t.Parallel()
	w := open(t, social.Config{})
	const member = "urn:li:person:abc"
	image, foreign := w.upload(member), w.upload(organization)
	waiting := w.ask("POST", "linkedin/rest/images?action=initializeUpload", "t", `{"initializeUploadRequest":{"owner":"`+member+`"}}`, restli()...).text(t, "value", "image")
	with := func(name string, value any) string { return linkedInPost(member, map[string]any{name: value}) }
	media := func(id string) string {
		return with("content", map[string]any{"media": map[string]any{"id": id}})
	}
	multi := func(count int) string {
		var images []any
		for range count {
			images = append(images, map[string]any{"id": image})
		}
		return with("content", map[string]any{"multiImage": map[string]any{"images": images}})
	}
	const posts = "linkedin/rest/posts"
	w.run("t", []check{
		{"longest", "POST", posts, with("commentary", strings.Repeat("ä", 3000)), restli(), 201, ""},
		{"longest behind backslashes", "POST", posts, with("commentary", strings.Repeat(`\(`, 3000)), restli(), 201, ""},
		{"too long", "POST", posts, with("commentary", strings.Repeat("ä", 3001)), restli(), 422, "FIELD_LENGTH_TOO_LONG"},
		{"no author", "POST", posts, with("author", nil), restli(), 422, "/author :: field is required"},
		{"no commentary", "POST", posts, with("commentary", nil), restli(), 422, "/commentary :: field is required"},
		{"empty", "POST", posts, with("commentary", ""), restli(), 400, "needs a commentary"},
		{"no visibility", "POST", posts, with("visibility", nil), restli(), 422, "/visibility :: field is required"},
		{"no distribution", "POST", posts, with("distribution", nil), restli(), 422, "/distribution :: field is required"},
		{"no state", "POST", posts, with("lifecycleState", nil), restli(), 422, "/lifecycleState :: field is required"},
		{"a draft", "POST", posts, with("lifecycleState", "DRAFT"), restli(), 422, "enum"},
		{"unknown visibility", "POST", posts, with("visibility", "public"), restli(), 422, "enum"},
		{"unknown field", "POST", posts, with("text", "a"), restli(), 422, "/text :: unrecognized field"},
		{"an id for a URN", "POST", posts, linkedInPost("abc", nil), restli(), 422, "/author"},
		{"no JSON", "POST", posts, "{", restli(), 400, "could not be converted to data map"},
		{"a list", "POST", posts, "[]", restli(), 400, "could not be converted to data map"},
		{"a number for a text", "POST", posts, with("commentary", 7), restli(), 400, "could not be converted to data map"},
		{"image", "POST", posts, media(image), restli(), 201, ""},
		{"unknown image", "POST", posts, media("urn:li:image:1"), restli(), 400, "no image"},
		{"image that is not uploaded yet", "POST", posts, media(waiting), restli(), 400, "no image"},
		{"another's image", "POST", posts, media(foreign), restli(), 400, "no image"},
		{"URL for an image", "POST", posts, media("https://a.example/1.jpg"), restli(), 400, "no image"},
		{"one of several images", "POST", posts, multi(1), restli(), 400, "between 2 and 20"},
		{"most images", "POST", posts, multi(20), restli(), 201, ""},
		{"too many images", "POST", posts, multi(21), restli(), 400, "between 2 and 20"},
		{"a poll", "POST", posts, with("content", map[string]any{"poll": 1}), restli(), 400, "media or multiImage"},
		{"no version", "POST", posts, with("x", nil), []string{"X-Restli-Protocol-Version", "2.0.0"}, 400, "VERSION_MISSING"},
		{"no such version", "POST", posts, with("x", nil), []string{"X-Restli-Protocol-Version", "2.0.0", "LinkedIn-Version", "202613"}, 426, "NONEXISTENT_VERSION"},
		{"no protocol", "POST", posts, with("x", nil), []string{"LinkedIn-Version", "202611"}, 400, "X-Restli-Protocol-Version"},
		{"unversioned", "POST", "linkedin/v2/ugcPosts", "{}", restli(), 404, "/v2/ugcPosts"},
		{"another resource", "POST", "linkedin/rest/videos", "{}", restli(), 404, "does not support"},
		{"upload for nobody", "POST", "linkedin/rest/images?action=initializeUpload", `{"initializeUploadRequest":{"owner":"abc"}}`, restli(), 400, "owner"},
		{"upload of nothing known", "PUT", "linkedin/dms-uploads/1", "image", nil, 404, "upload"},
		{"upload of an empty image", "PUT", "linkedin/dms-uploads/" + strings.TrimPrefix(waiting, "urn:li:image:"), "", nil, 400, "empty"},
		{"posts of nobody", "GET", posts + "?q=author&author=abc", "", restli(), 400, "author"},
		{"too many posts", "GET", posts + "?q=author&author=urn%3Ali%3Aperson%3Aabc&count=101", "", restli(), 400, "count"},
		{"posts of who forbids", "GET", posts + "?q=author&author=urn%3Ali%3Aperson%3Aforbidden", "", restli(), 403, "ACCESS_DENIED"},
		{"statistics of a member", "GET", "linkedin/rest/organizationalEntityShareStatistics?q=organizationalEntity&organizationalEntity=" + url.QueryEscape(member), "", restli(), 400, "organization"},
		{"statistics of no list", "GET", "linkedin/rest/organizationalEntityShareStatistics?q=organizationalEntity&shares=1&organizationalEntity=" + url.QueryEscape(organization), "", restli(), 400, "List("},
		{"statistics of no post", "GET", "linkedin/rest/organizationalEntityShareStatistics?q=organizationalEntity&shares=List(1)&organizationalEntity=" + url.QueryEscape(organization), "", restli(), 400, "no URN"},
		{"actions on no post", "GET", "linkedin/rest/socialActions/1", "", restli(), 400, "no URN"},
		{"actions on a post that is not there", "GET", "linkedin/rest/socialActions/urn%3Ali%3Ashare%3Amissing", "", restli(), 404, "NOT_FOUND"},
	})
}

func TestLittleText(t *testing.T) {
	t.Parallel()
	w := open(t, social.Config{})
	for _, test := range []struct{ commentary, want string }{
		{"plain, with: punctuation! 3 % ä 🏠", "plain, with: punctuation! 3 % ä 🏠"},
		{"a #hashtag", "a #hashtag"},
		{`a \#hashtag`, "a #hashtag"},
		{`{hashtag|\#|home} {hashtag|#|sale}`, "#home #sale"},
		{"Hello @[Acme Corp](urn:li:organization:1) and all", "Hello Acme Corp and all"},
		{`back\\slash \(a\) \<b\> \{c\} \[d\] \*e\* f\_g \~ \| \@h`, `back\slash (a) <b> {c} [d] *e* f_g ~ | @h`},
		{"New (listing) today", "New"},
		{"mail me@example.com", "mail me"},
		{"3 bd | 2 ba", "3 bd"},
		{"a_b", "a"},
		{"number # 1", "number"},
		{`ends with \`, "ends with"},
	} {
		if got := w.publish("linkedin", "abc", "t", test.commentary); got.code != 201 {
			t.Errorf("%s: %d %s", test.commentary, got.code, got.body)
			continue
		}
		posts := w.posts()
		if got := posts[len(posts)-1].Text; got != test.want {
			t.Errorf("%s: %q, want %q", test.commentary, got, test.want)
		}
	}
}

func TestWhatIsBehindBackslashesIsRead(t *testing.T) {
	t.Parallel()
	w := open(t, social.Config{})
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[a-z(){}\[\]<>@|~_*#\\ äö\n]{1,40}[a-z]`).Draw(t, "text")
		var escaped strings.Builder
		for _, char := range text {
			if strings.ContainsRune(`\|{}@[]()<>#*_~`, char) {
				escaped.WriteByte('\\')
			}
			escaped.WriteRune(char)
		}
		w.publish("linkedin", "abc", "t", escaped.String())
		posts, err := w.sandbox.Posts()
		if err != nil || posts[len(posts)-1].Text != text {
			t.Fatalf("%q, want %q, error %v", posts[len(posts)-1].Text, text, err)
		}
	})
}
