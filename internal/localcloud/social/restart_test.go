package social_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/social"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/store"
)

// posterVariable makes the test binary a process that posts to a sandbox on the store in this folder, and says so for each
// post, until it is killed.
const posterVariable = "SOCIAL_TEST_POSTER"

func TestMain(m *testing.M) {
	if dir := os.Getenv(posterVariable); dir != "" {
		postForEver(dir)
		return
	}
	os.Exit(m.Run())
}

func openDir(t testing.TB, dir string) (*world, *store.Store) {
	disk, err := store.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return open(t, social.Config{Space: disk.Space("social")}), disk
}

func postForEver(dir string) {
	w, _ := openDir(&testing.T{}, dir)
	for i := 0; ; i++ {
		platform, text := platforms[i%len(platforms)], fmt.Sprint(i)
		if got := w.publish(platform, "7", tokenOf("7"), text); got.code/100 != 2 {
			fmt.Fprintln(os.Stderr, got.code, got.body)
			return
		}
		fmt.Println(text)
	}
}

func TestPostsSurviveAKill(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	poster := exec.CommandContext(t.Context(), os.Args[0])
	poster.Env = append(os.Environ(), posterVariable+"="+dir)
	poster.Stderr = os.Stderr
	output, err := poster.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := poster.Start(); err != nil {
		t.Fatal(err)
	}
	var accepted []string
	lines := bufio.NewScanner(output)
	for lines.Scan() {
		accepted = append(accepted, lines.Text())
		if len(accepted) == 100 {
			if err := poster.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = poster.Wait() // it was killed

	w, disk := openDir(t, dir)
	defer disk.Close()
	kept := w.posts()
	var texts []string
	for i, post := range kept {
		texts = append(texts, post.Text)
		if post.Number != uint64(i+1) {
			t.Errorf("post %d has the number %d", i+1, post.Number)
		}
	}
	for _, text := range accepted {
		if !slices.Contains(texts, text) {
			t.Errorf("post %s of %d was lost", text, len(accepted))
		}
	}
	for _, number := range []int{0, 1, len(kept) - 1, len(kept), len(kept) + 1} {
		after, err := w.sandbox.PostsAfter(uint64(number))
		if err != nil || !slices.EqualFunc(after, kept[min(number, len(kept)):], func(a, b social.Post) bool { return a.Number == b.Number }) {
			t.Errorf("after post %d of %d there are %d, %v", number, len(kept), len(after), err)
		}
	}
	if got := w.publish("twitter", "7", tokenOf("7"), "3"); got.code != 403 {
		t.Errorf("X has forgotten what it had: %d %s", got.code, got.body)
	}
	if got := w.publish("blog", "7", tokenOf("7"), "4"); got.code != 200 || len(w.posts()) != len(kept) {
		t.Errorf("the blog has forgotten a key: %d %s", got.code, got.body)
	}
	w.publish("facebook", "7", "t", "after")
	if after := w.posts(); len(after) != len(kept)+1 || after[len(kept)].Number != uint64(len(kept)+1) {
		t.Errorf("after a restart the next post does not come last: %d posts, then %d", len(kept), len(after))
	}
}

func TestContainersImagesAndReadingsSurviveARestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	w, disk := openDir(t, dir)
	container := w.container(map[string]any{"image_url": "https://a.example/1.jpg"})
	image := w.upload(organization)
	id := w.idOf("facebook", "falling")
	first := w.numbers("facebook", id)
	account := func(w *world) string {
		w.publish("twitter", "", "a token of nobody", fmt.Sprint(len(w.posts())))
		posts := w.posts()
		return posts[len(posts)-1].AccountID
	}
	before := account(w)
	if err := disk.Close(); err != nil {
		t.Fatal(err)
	}
	w, disk = openDir(t, dir)
	defer disk.Close()
	if got := w.status(container); got != "IN_PROGRESS" {
		t.Errorf("the container is %s", got)
	}
	content := map[string]any{"content": map[string]any{"media": map[string]any{"id": image}}}
	if got := w.ask("POST", "linkedin/rest/posts", "t", linkedInPost(organization, content), restli()...); got.code != 201 {
		t.Errorf("the image: %d %s", got.code, got.body)
	}
	if second := w.numbers("facebook", id); cmp.Diff(first, second) == "" {
		t.Errorf("the second reading is as the first: %v", second)
	}
	if after := account(w); after != before {
		t.Errorf("a token has the account %s, before %s", after, before)
	}
}
