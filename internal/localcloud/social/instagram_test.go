package social_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/social"
)

func (w *world) container(members map[string]any) string {
	w.t.Helper()
	return w.ask("POST", "instagram/v23.0/7/media", "t", encode(members)).text(w.t, "id")
}

func (w *world) status(container string) string {
	w.t.Helper()
	return w.ask("GET", "instagram/v23.0/"+container+"?fields=status_code,status", "t", "").text(w.t, "status_code")
}

func TestInstagramContainersTakeAWhile(t *testing.T) {
	t.Parallel()
	w := open(t, social.Config{Scale: func(wait time.Duration) time.Duration { return wait / 3 }})
	publish := func(container string) response {
		return w.ask("POST", "instagram/v23.0/7/media_publish", "t", encode(map[string]any{"creation_id": container}))
	}
	one := w.container(map[string]any{"image_url": "https://a.example/1.jpg", "caption": "One #home"})
	bad := w.container(map[string]any{"image_url": "https://a.example/unreadable.jpg"})
	late := w.container(map[string]any{"image_url": "https://a.example/1.jpg"})
	w.clock.pass(time.Second - 1)
	if got := w.status(one); got != "IN_PROGRESS" {
		t.Errorf("at first: %s", got)
	}
	if got := publish(one); got.code != 400 || got.text(t, "error", "code") != "9007" || got.text(t, "error", "error_subcode") != "2207027" {
		t.Errorf("published too early: %d %s", got.code, got.body)
	}
	w.clock.pass(1)
	if got := w.status(one); got != "FINISHED" {
		t.Errorf("after a while: %s", got)
	}
	if got := w.status(bad); got != "ERROR" {
		t.Errorf("unreadable: %s", got)
	}
	if got := publish(bad); got.code != 400 || !strings.Contains(got.body, "Create media fail") {
		t.Errorf("unreadable: %d %s", got.code, got.body)
	}
	made := publish(one)
	if got := w.status(one); made.code != 200 || got != "PUBLISHED" {
		t.Errorf("published: %s %s", made.body, got)
	}
	if got := publish(one); got.code != 400 || got.text(t, "error", "error_subcode") != "2207008" {
		t.Errorf("published twice: %d %s", got.code, got.body)
	}
	w.clock.pass(24*time.Hour - time.Second)
	if got := w.status(late); got != "EXPIRED" {
		t.Errorf("after a day: %s", got)
	}
	if got := publish(late); got.code != 400 || got.text(t, "error", "error_subcode") != "2207008" {
		t.Errorf("expired: %d %s", got.code, got.body)
	}
	want := []social.Post{{
		Number: 1, Platform: "instagram", AccountID: "7", PostID: made.text(t, "id"), Text: "One #home", Images: []string{"https://a.example/1.jpg"},
		PostedAt: newClock().time().Add(time.Second), Request: social.Request{Method: "POST", URL: "http://127.0.0.1:4599/_social/instagram/v23.0/7/media_publish"},
	}}
	if diff := cmp.Diff(want, w.posts()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestInstagramCarousels(t *testing.T) {
	t.Parallel()
	w := open(t, social.Config{})
	child := func(name string) string {
		return w.container(map[string]any{"image_url": "https://a.example/" + name, "is_carousel_item": true})
	}
	first, second, bad := child("1.jpg"), child("2.jpg"), child("unreadable.jpg")
	alone := w.container(map[string]any{"image_url": "https://a.example/3.jpg"})
	ask := func(children any) response {
		return w.ask("POST", "instagram/v23.0/7/media", "t", encode(map[string]any{"media_type": "CAROUSEL", "caption": "Two", "children": children}))
	}
	if got := w.status(ask(first+","+second).text(t, "id")); got != "IN_PROGRESS" {
		t.Errorf("before its items are ready: %s", got)
	}
	w.clock.pass(3 * time.Second)
	for name, children := range map[string]any{
		"one": first, "eleven": strings.Repeat(first+",", 10) + first, "unknown": first + ",1", "one that is no item": first + "," + alone,
		"unreadable": first + "," + bad, "nothing": "", "no list": "[",
	} {
		if got := ask(children); got.code != 400 {
			t.Errorf("%s: %d %s", name, got.code, got.body)
		}
	}
	carousel := ask([]string{first, second}).text(t, "id")
	w.clock.pass(3 * time.Second)
	for _, id := range []string{first, carousel} {
		w.ask("POST", "instagram/v23.0/7/media_publish", "t", encode(map[string]any{"creation_id": id}))
	}
	posts := w.posts()
	if len(posts) != 1 || posts[0].Text != "Two" || cmp.Diff([]string{"https://a.example/1.jpg", "https://a.example/2.jpg"}, posts[0].Images) != "" {
		t.Fatalf("posts %+v", posts)
	}
	list := w.ask("GET", "instagram/v23.0/7/media?fields=id,caption,permalink,timestamp,media_type", "t", "")
	if list.text(t, "data", "0", "id") != posts[0].PostID || list.text(t, "data", "0", "caption") != "Two" ||
		list.text(t, "data", "0", "timestamp") != "2026-11-24T08:30:06+0000" || list.text(t, "data", "0", "media_type") != "CAROUSEL_ALBUM" {
		t.Errorf("the list: %s", list.body)
	}
}

func TestInstagramChecks(t *testing.T) {
	t.Parallel()
	w := open(t, social.Config{})
	image := func(caption string) string {
		return encode(map[string]any{"image_url": "https://a.example/1.jpg", "caption": caption})
	}
	w.run("t", []check{
		{"longest", "POST", "instagram/v23.0/7/media", image(strings.Repeat("ä", 2200)), nil, 200, `"id"`},
		{"too long", "POST", "instagram/v23.0/7/media", image(strings.Repeat("ä", 2201)), nil, 400, "2207010"},
		{"most hashtags", "POST", "instagram/v23.0/7/media", image(strings.Repeat("#a ", 30)), nil, 200, `"id"`},
		{"too many hashtags", "POST", "instagram/v23.0/7/media", image(strings.Repeat("#a ", 31)), nil, 400, "hashtags"},
		{"most mentions", "POST", "instagram/v23.0/7/media", image(strings.Repeat("@a ", 20)), nil, 200, `"id"`},
		{"too many mentions", "POST", "instagram/v23.0/7/media", image(strings.Repeat("@a ", 21)), nil, 400, "mentions"},
		{"addresses are no mentions", "POST", "instagram/v23.0/7/media", image(strings.Repeat("a@b ", 21)), nil, 200, `"id"`},
		{"no image", "POST", "instagram/v23.0/7/media", `{"caption":"a"}`, nil, 400, "image_url is required"},
		{"image that cannot be fetched", "POST", "instagram/v23.0/7/media", `{"image_url":"https://a.example/missing.jpg"}`, nil, 400, "2207052"},
		{"no URL", "POST", "instagram/v23.0/7/media", `{"image_url":"house.jpg"}`, nil, 400, "2207052"},
		{"a reel", "POST", "instagram/v23.0/7/media", `{"media_type":"REELS","video_url":"https://a.example/1.mp4"}`, nil, 400, "does not support the media_type REELS"},
		{"no container", "POST", "instagram/v23.0/7/media_publish", `{}`, nil, 400, "creation_id is required"},
		{"unknown container", "POST", "instagram/v23.0/7/media_publish", `{"creation_id":"1"}`, nil, 400, "2207008"},
		{"another account's container", "POST", "instagram/v23.0/8/media_publish", encode(map[string]any{"creation_id": w.container(map[string]any{"image_url": "https://a.example/1"})}), nil, 400, "2207008"},
		{"no such field", "GET", "instagram/v23.0/1?fields=shoesize", ``, nil, 400, "nonexisting field"},
		{"impressions are gone", "GET", "instagram/v23.0/1/insights?metric=impressions", ``, nil, 400, "valid insights metric"},
		{"another edge", "GET", "instagram/v23.0/1/stories", ``, nil, 400, "does not support"},
		{"forbidden", "GET", "instagram/v23.0/forbidden/media", ``, nil, 403, `"code":10`},
	})
}
