// Package objects is the S3 of the local cloud: buckets and objects, as far as a deployment and people with the AWS CLI use
// them.
//
// Objects lie in the local cloud's store, in the clear, whatever encryption a request asks for, and are there until they are
// deleted or replaced: a bucket keeps one version of each. Copies, tags, locks, access control lists and other storage classes
// it refuses, saying so.
package objects

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/store"
)

// Config is what Buckets need.
type Config struct {
	// Space holds the buckets and the objects.
	Space *store.Space
	// Now is the time; nil means time.Now.
	Now func() time.Time
}

// Buckets are all buckets of the account, safe for concurrent use.
type Buckets struct {
	space *store.Space
	now   func() time.Time

	mu sync.RWMutex // held while objects are changed; exclusively while buckets come and go
}

// New opens the buckets that a space holds.
func New(config Config) *Buckets {
	b := &Buckets{space: config.Space, now: config.Now}
	if b.now == nil {
		b.now = time.Now
	}
	return b
}

// Bucket is a place for objects.
type Bucket struct {
	Name    string
	Created time.Time
}

// bucketName is what a bucket may be called.
//
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
var bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)

// Create makes a bucket be there. In the region us-east-1, it is no error if it is there already.
func (b *Buckets) Create(name string) error {
	if !bucketName.MatchString(name) || strings.Contains(name, "..") {
		return awsapi.Errorf("InvalidBucketName", "The specified bucket is not valid.")
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	exists, err := b.has(name)
	if err != nil || exists {
		return err
	}
	encoded, err := json.Marshal(Bucket{Name: name, Created: b.now().UTC()})
	if err != nil {
		return fmt.Errorf("encode the bucket %s: %w", name, err)
	}
	batch := b.space.Batch()
	batch.Set(bucketKey(name), encoded)
	return batch.Apply()
}

// Delete takes an empty bucket away.
func (b *Buckets) Delete(name string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.mustHave(name); err != nil {
		return err
	}
	empty := true
	from, to := objectsOf(name)
	err := b.space.Scan(from, to, func(_, _ []byte) (bool, error) {
		empty = false
		return false, nil
	})
	if err != nil {
		return err
	}
	if !empty {
		return &awsapi.Error{
			Status: http.StatusConflict, Code: "BucketNotEmpty", Message: "The bucket you tried to delete is not empty",
		}
	}
	batch := b.space.Batch()
	batch.Delete(bucketKey(name))
	return batch.Apply()
}

// Has tells whether there is a bucket of a name.
func (b *Buckets) Has(name string) (bool, error) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.has(name)
}

func (b *Buckets) has(name string) (bool, error) {
	_, found, err := b.space.Get(bucketKey(name))
	return found, err
}

// mustHave refuses the name of a bucket that is not there. The caller holds b.mu.
func (b *Buckets) mustHave(name string) error {
	found, err := b.has(name)
	if err == nil && !found {
		err = &awsapi.Error{Status: http.StatusNotFound, Code: "NoSuchBucket", Message: "The specified bucket does not exist"}
	}
	return err
}

// All lists the buckets in order of their names.
func (b *Buckets) All() ([]Bucket, error) {
	var all []Bucket
	err := b.space.Scan([]byte{bucketRecord}, []byte{bucketRecord + 1}, func(_, value []byte) (bool, error) {
		var saved Bucket
		if err := json.Unmarshal(value, &saved); err != nil {
			return false, fmt.Errorf("decode a bucket: %w", err)
		}
		all = append(all, saved)
		return true, nil
	})
	return all, err
}

// What a key in the space begins with.
const (
	bucketRecord = 'b' // and the bucket's name
	dataRecord   = 'd' // and a piece's id and a number: some bytes of an object
	objectRecord = 'o' // and the bucket's name, a 0, and the object's key
	partRecord   = 'p' // and an upload's id and a number: a part of an upload
	uploadRecord = 'u' // and an upload's id
)

func bucketKey(name string) []byte { return append([]byte{bucketRecord}, name...) }

func objectKey(bucket, key string) []byte {
	return append(append(append([]byte{objectRecord}, bucket...), 0), key...)
}

// objectsOf are the bounds of the records of a bucket's objects.
func objectsOf(bucket string) (from, to []byte) {
	from = objectKey(bucket, "")
	to = append(append([]byte{objectRecord}, bucket...), 1)
	return from, to
}
