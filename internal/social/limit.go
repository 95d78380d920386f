package social

import (
	"fmt"
	"unicode/utf8"
)

// limit is what a network takes. The numbers are the platform's rules, and within what the networks allow.
type limit struct {
	name                                  string
	characters, images, hashtags, atLeast int // atLeast so many images
	length                                func(text string) int
}

func limits() map[string]limit {
	return map[string]limit{
		Facebook:  {name: "Facebook", characters: 2000, images: 10, hashtags: 15, length: utf8.RuneCountInString},
		Instagram: {name: "Instagram", characters: 2200, images: 10, hashtags: 30, atLeast: 1, length: utf8.RuneCountInString},
		LinkedIn:  {name: "LinkedIn", characters: 3000, images: 9, hashtags: 15, length: utf8.RuneCountInString},
		Twitter:   {name: "X", characters: 280, images: 4, hashtags: 10, length: Weight},
	}
}

// LimitError says that a post has more, or less, of something than a network takes. It is a *RefusedError too.
type LimitError struct {
	Network string
	What    string // "characters", "images" or "hashtags"
	Count   int
	Limit   int // what Count may be at most; at least, if Count is less
}

func (e *LimitError) Error() string {
	if e.Count < e.Limit {
		return fmt.Sprintf("%s needs at least %d %s; the post has %d.", e.Network, e.Limit, e.What, e.Count)
	}
	return fmt.Sprintf("%s takes up to %d %s; the post has %d.", e.Network, e.Limit, e.What, e.Count)
}

// Permanent tells that trying again would fail alike.
func (e *LimitError) Permanent() bool { return true }

// Unwrap returns what it is to callers that know no limits.
func (e *LimitError) Unwrap() error { return &RefusedError{Reason: e.Error()} }

// Check tells whether a post is within what its platform takes: its text, its images, and how many hashtags are in the text
// (those of Hashtags). Blog and newsletter have no limits. It fails with *LimitError (rules: Social networks).
func Check(platform string, post Post, hashtags int) error {
	limit, ok := limits()[platform]
	if !ok {
		return nil
	}
	if length := limit.length(post.Text); length > limit.characters {
		return &LimitError{Network: limit.name, What: "characters", Count: length, Limit: limit.characters}
	}
	if images := len(post.Images); images > limit.images {
		return &LimitError{Network: limit.name, What: "images", Count: images, Limit: limit.images}
	} else if images < limit.atLeast {
		return &LimitError{Network: limit.name, What: "images", Count: images, Limit: limit.atLeast}
	}
	if hashtags > limit.hashtags {
		return &LimitError{Network: limit.name, What: "hashtags", Count: hashtags, Limit: limit.hashtags}
	}
	return nil
}
