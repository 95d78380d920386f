package social

import (
	"crypto/sha256"
	"encoding/binary"
	"strings"
	"time"
)

// The counts of a post grow with its age, evenly for a week up to eight times what they were at first, and then no more. Each
// begins at a number that follows from platform, account and text, so that the same post has the same numbers in every run; a
// post that was made before the sandbox's time has its id for a text, and is a day old when it is first asked for.
//
// What is not there yet is left out where the network leaves it out: in its first hour a post has no shares, no comments, no
// saves and no clicks.
//
// A post with the word falling in its text, or its id if it is unknown, is read once as any other; from the second reading of
// the same kind on, it has half the numbers.
type counts struct {
	views, likes, shares, comments, clicks, saves, reach, impressions int64
}

const (
	growsFor     = 7 * 24 * time.Hour
	growthPerDay = 1 // times the first numbers
	quietFor     = time.Hour
	unknownAge   = 24 * time.Hour
)

// reading is what is known of the readings of a post.
type reading struct {
	First time.Time      `json:"first"`
	Count map[string]int `json:"count"` // by what was read
}

// counts reads a post's numbers; what names the kind of the reading.
func (s *Sandbox) counts(post kept, what string) (counts, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	name := key(keepReading, post.Platform, post.PostID)
	read := reading{First: s.now().UTC(), Count: map[string]int{}}
	if _, err := s.get(name, &read); err != nil {
		return counts{}, err
	}
	read.Count[what]++
	if err := s.put(name, read); err != nil {
		return counts{}, err
	}
	postedAt, text := post.PostedAt, post.Text
	if post.Number == 0 {
		postedAt, text = read.First.Add(-unknownAge), post.PostID
	}
	fell := strings.Contains(text, "falling") && read.Count[what] > 1
	return countsAt(post.Platform+"\x00"+post.AccountID+"\x00"+text, s.now().Sub(postedAt), fell), nil
}

// countsAt are the numbers of a post at an age.
func countsAt(identity string, age time.Duration, fell bool) counts {
	digest := sha256.Sum256([]byte(identity))
	age = min(max(age, 0), growsFor)
	part := 0
	grown := func(least, spread uint32) int64 {
		first := least + binary.BigEndian.Uint32(digest[part:])%spread
		part += 4
		value := int64(first) + int64(first)*growthPerDay*int64(age)/int64(24*time.Hour)
		if fell {
			value /= 2
		}
		return value
	}
	c := counts{
		reach: grown(100, 400), likes: grown(10, 40), comments: grown(2, 10), shares: grown(2, 8), saves: grown(4, 12), clicks: grown(6, 24),
	}
	const half = 2
	c.impressions = c.reach + c.reach/half
	c.views = c.impressions
	if age < quietFor {
		c.shares, c.comments, c.saves, c.clicks = 0, 0, 0, 0
	}
	return c
}
