package social

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/store"
)

// Post is a post that was made.
type Post struct {
	Platform string `json:"platform"`
	// AccountID is the account that it was posted for: a page, an Instagram account, a member of LinkedIn by the id alone, an
	// organization of LinkedIn by its URN. X, blog and newsletter are not told: there it is the owner of the token.
	AccountID string    `json:"accountId"`
	PostID    string    `json:"postId"`
	Text      string    `json:"text"`   // as people read it
	Images    []string  `json:"images"` // URLs; where images are uploaded, the ids that the network gave them
	PostedAt  time.Time `json:"postedAt"`
	Request   Request   `json:"request"`

	Number     uint64   `json:"number"` // from 1, in the order in which posts were made
	Title      string   `json:"title,omitempty"`
	HTML       string   `json:"html,omitempty"`
	Recipients []string `json:"recipients,omitempty"`
}

// Request is the one that made a post.
type Request struct {
	Method string `json:"method"`
	URL    string `json:"url"` // without what stands behind a question mark
}

// kept is a post with what only its network needs.
type kept struct {
	Post
	Source string `json:"source,omitempty"` // the text as it was sent, where that is another one
}

// What a key begins with.
const (
	keepPost      = "p" // by number
	keepPostID    = "i" // the number, by platform and id
	keepContainer = "c" // of Instagram, by id
	keepMedia     = "m" // that was uploaded and is in no post yet, by platform and id
	keepRequest   = "k" // the number of the post, by platform, account and idempotency key
	keepReading   = "r" // what is known of the readers of a post, by platform and id
	keepSecret    = "s"
)

const numberSize = 8 // bytes

func key(kind string, parts ...string) []byte {
	return []byte(kind + strings.Join(parts, "\x00"))
}

func numberKey(number uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte(keepPost), number)
}

// Posts returns all posts that were made, oldest first.
func (s *Sandbox) Posts() ([]Post, error) { return s.PostsAfter(0) }

// PostsAfter returns the posts that were made after the one of a number, oldest first.
func (s *Sandbox) PostsAfter(number uint64) ([]Post, error) {
	posts := []Post{}
	err := s.space.Scan(append(numberKey(number), 0), []byte{keepPost[0] + 1}, func(_, value []byte) (bool, error) {
		var one kept
		if err := json.Unmarshal(value, &one); err != nil {
			return false, fmt.Errorf("read a post: %w", err)
		}
		posts = append(posts, one.Post)
		return true, nil
	})
	return posts, err
}

// find returns the post of an id.
func (s *Sandbox) find(platform, id string) (post kept, found bool, err error) {
	number, found, err := s.space.Get(key(keepPostID, platform, id))
	if err != nil || !found {
		return kept{}, false, err
	}
	post, err = s.named(number)
	return post, true, err
}

// named returns the post that the bytes of its number stand for.
func (s *Sandbox) named(number []byte) (kept, error) {
	if len(number) != numberSize {
		return kept{}, fmt.Errorf("the state has %x in place of a post's number", number)
	}
	return s.numbered(binary.BigEndian.Uint64(number))
}

// numbered returns the post of a number.
func (s *Sandbox) numbered(number uint64) (post kept, err error) {
	found, err := s.get(numberKey(number), &post)
	if err == nil && !found {
		err = fmt.Errorf("the state has lost post %d", number)
	}
	return post, err
}

// make keeps a post, together with what else is to be kept, which gets the bytes that stand for the post. s.mu must be held.
func (s *Sandbox) make(post kept, more func(batch *store.Batch, number []byte)) (kept, error) {
	post.Number = s.last + 1
	post.PostedAt = s.now().UTC()
	if post.Images == nil {
		post.Images = []string{}
	}
	encoded, err := json.Marshal(post)
	if err != nil {
		return kept{}, fmt.Errorf("encode a post: %w", err)
	}
	batch := s.space.Batch()
	name := numberKey(post.Number)
	number := name[len(keepPost):]
	batch.Set(name, encoded)
	batch.Set(key(keepPostID, post.Platform, post.PostID), number)
	if more != nil {
		more(batch, number)
	}
	if err := batch.Apply(); err != nil {
		return kept{}, err
	}
	s.last = post.Number
	s.accounts.add(post.Post)
	return post, nil
}

// remember reads which posts there are.
func (s *Sandbox) remember() error {
	posts, err := s.Posts()
	for _, post := range posts {
		s.accounts.add(post)
		s.last = post.Number
	}
	return err
}

func (s *Sandbox) get(name []byte, into any) (bool, error) {
	encoded, found, err := s.space.Get(name)
	if err != nil || !found {
		return false, err
	}
	if err := json.Unmarshal(encoded, into); err != nil {
		return false, fmt.Errorf("read the state of the networks: %w", err)
	}
	return true, nil
}

func (s *Sandbox) put(name []byte, value any) error {
	encoded, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("encode the state of the networks: %w", err)
	}
	return s.set(name, encoded)
}

func (s *Sandbox) set(name, value []byte) error {
	batch := s.space.Batch()
	batch.Set(name, value)
	return batch.Apply()
}

// newID draws an id of 17 digits, as most networks have them.
func newID() string {
	const first, count = int64(1e16), int64(9e16)
	return strconv.FormatInt(first+rand.Int64N(count), 10)
}

// media is an image that was uploaded.
type media struct {
	Account  string `json:"account"`
	Uploaded bool   `json:"uploaded"`
	URL      string `json:"url,omitempty"` // where it was fetched from
}
