package objects

import (
	"strings"
)

// Listing is what of a bucket is asked for.
type Listing struct {
	Bucket    string
	Prefix    string
	Delimiter string // keys that have it behind the prefix are listed as one
	After     string // only what comes after this key
	Most      int    // of objects and common prefixes
}

// Page is a part of a listing.
type Page struct {
	Objects  []Object
	Prefixes []string // common to keys that have the delimiter
	Last     string   // of the keys and prefixes that were listed
	More     bool     // whether others follow
}

// List lists objects in order of their keys.
func (b *Buckets) List(asked Listing) (Page, error) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	if err := b.mustHave(asked.Bucket); err != nil {
		return Page{}, err
	}
	_, to := objectsOf(asked.Bucket)
	begin := len(objectKey(asked.Bucket, ""))
	var page Page
	err := b.space.Scan(objectKey(asked.Bucket, max(asked.Prefix, asked.After)), to, func(record, value []byte) (bool, error) {
		key := string(record[begin:])
		switch {
		case !strings.HasPrefix(key, asked.Prefix):
			return key < asked.Prefix, nil
		case key <= asked.After && asked.After != "", covered(key, asked, page.Prefixes):
			return true, nil
		case len(page.Objects)+len(page.Prefixes) == asked.Most:
			page.More = true
			return false, nil
		}
		if common, ok := commonPrefix(key, asked); ok {
			page.Prefixes = append(page.Prefixes, common)
			page.Last = common
			return true, nil
		}
		object, err := decodeObject(asked.Bucket, key, value)
		if err != nil {
			return false, err
		}
		page.Objects = append(page.Objects, *object)
		page.Last = key
		return true, nil
	})
	return page, err
}

// commonPrefix is what a key is listed as if it has the delimiter behind the prefix.
func commonPrefix(key string, asked Listing) (string, bool) {
	if asked.Delimiter == "" {
		return "", false
	}
	before, _, found := strings.Cut(key[len(asked.Prefix):], asked.Delimiter)
	return asked.Prefix + before + asked.Delimiter, found
}

// covered tells whether a key belongs to a common prefix that is listed already, in this page or in an earlier one.
func covered(key string, asked Listing, prefixes []string) bool {
	common, ok := commonPrefix(key, asked)
	return ok && (common == asked.After || len(prefixes) > 0 && prefixes[len(prefixes)-1] == common)
}
