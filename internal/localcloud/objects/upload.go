package objects

import (
	"crypto/md5" //nolint:gosec // S3's ETag is an MD5
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
)

// upload is an object that comes in parts.
type upload struct {
	Bucket  string
	Key     string
	Headers map[string]string
}

// Part names a part of an upload, as the client got it.
type Part struct {
	Number int // 1 to 10000
	ETag   string
}

const mostParts = 10_000

func uploadKey(id string) []byte { return append([]byte{uploadRecord}, id...) }

func partKey(uploadID string, number int) []byte {
	return binary.BigEndian.AppendUint16(append([]byte{partRecord}, uploadID...), uint16(number)) //nolint:gosec // it was checked
}

// BeginUpload begins an object that comes in parts, and returns the upload's id.
func (b *Buckets) BeginUpload(bucket, key string, headers map[string]string) (id string, err error) {
	if err := checkKey(key); err != nil {
		return "", err
	}
	b.mu.RLock()
	defer b.mu.RUnlock()
	if err := b.mustHave(bucket); err != nil {
		return "", err
	}
	encoded, err := json.Marshal(upload{Bucket: bucket, Key: key, Headers: headers})
	if err != nil {
		return "", fmt.Errorf("encode an upload: %w", err)
	}
	id = newID()
	batch := b.space.Batch()
	batch.Set(uploadKey(id), encoded)
	return id, batch.Apply()
}

func (b *Buckets) upload(bucket, key, id string) (upload, error) {
	var found upload
	encoded, exists, err := b.space.Get(uploadKey(id))
	if err != nil {
		return found, err
	}
	if exists {
		if err := json.Unmarshal(encoded, &found); err != nil {
			return found, fmt.Errorf("decode an upload: %w", err)
		}
	}
	if !exists || found.Bucket != bucket || found.Key != key {
		return found, &awsapi.Error{
			Status: http.StatusNotFound, Code: "NoSuchUpload",
			Message: "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.",
		}
	}
	return found, nil
}

// PutPart saves a part of an upload in place of the one of the same number.
func (b *Buckets) PutPart(bucket, key, id string, number int, body io.Reader) (etag string, err error) {
	if number < 1 || number > mostParts {
		return "", awsapi.Errorf("InvalidArgument", "Part number must be an integer between 1 and 10000, inclusive")
	}
	b.mu.RLock()
	defer b.mu.RUnlock()
	if _, err := b.upload(bucket, key, id); err != nil {
		return "", err
	}
	before, err := b.part(id, number)
	if err != nil {
		return "", err
	}
	saved, err := b.savePiece(body)
	if err != nil {
		return "", err
	}
	encoded, err := json.Marshal(saved)
	if err != nil {
		return "", fmt.Errorf("encode a part: %w", err)
	}
	batch := b.space.Batch()
	batch.Set(partKey(id, number), encoded)
	if before != nil {
		forgetPieces(batch, []piece{*before})
	}
	return saved.MD5, batch.Apply()
}

// part is a part that was saved; nil if it was not.
func (b *Buckets) part(uploadID string, number int) (*piece, error) {
	encoded, found, err := b.space.Get(partKey(uploadID, number))
	if err != nil || !found {
		return nil, err
	}
	saved := &piece{}
	if err := json.Unmarshal(encoded, saved); err != nil {
		return nil, fmt.Errorf("decode a part: %w", err)
	}
	return saved, nil
}

// CompleteUpload makes an object of some parts, which are given in order of their numbers. Other parts are dropped.
func (b *Buckets) CompleteUpload(bucket, key, id string, parts []Part) (Object, error) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	begun, err := b.upload(bucket, key, id)
	if err != nil {
		return Object{}, err
	}
	object := Object{Bucket: bucket, Key: key, Headers: begun.Headers}
	sum := md5.New() //nolint:gosec // S3's ETag is an MD5
	for i, named := range parts {
		saved, err := b.namedPart(id, named)
		if err != nil {
			return Object{}, err
		}
		if i > 0 && named.Number <= parts[i-1].Number {
			return Object{}, awsapi.Errorf("InvalidPartOrder", "The list of parts was not in ascending order. Parts must be ordered by part number.")
		}
		digest, err := hex.DecodeString(saved.MD5)
		if err != nil {
			return Object{}, fmt.Errorf("decode a part: %w", err)
		}
		sum.Write(digest)
		object.Size += saved.Size
		object.Pieces = append(object.Pieces, *saved)
	}
	if len(parts) == 0 {
		return Object{}, awsapi.Errorf("MalformedXML", "You must specify at least one part")
	}
	object.ETag = fmt.Sprintf("%s-%d", hex.EncodeToString(sum.Sum(nil)), len(parts))
	used := map[string]bool{}
	for _, p := range object.Pieces {
		used[p.ID] = true
	}
	return object, b.endUpload(id, used, &object)
}

func (b *Buckets) namedPart(uploadID string, named Part) (*piece, error) {
	var saved *piece
	if named.Number >= 1 && named.Number <= mostParts {
		var err error
		if saved, err = b.part(uploadID, named.Number); err != nil {
			return nil, err
		}
	}
	if saved == nil || strings.Trim(named.ETag, `"`) != saved.MD5 {
		return nil, awsapi.Errorf("InvalidPart",
			"One or more of the specified parts could not be found. The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.")
	}
	return saved, nil
}

// AbortUpload forgets an upload with its parts.
func (b *Buckets) AbortUpload(bucket, key, id string) error {
	b.mu.RLock()
	defer b.mu.RUnlock()
	if _, err := b.upload(bucket, key, id); err != nil {
		return err
	}
	return b.endUpload(id, nil, nil)
}

// endUpload forgets an upload with the parts that are not used, and saves the object that it has become, if any.
func (b *Buckets) endUpload(id string, used map[string]bool, object *Object) error {
	batch := b.space.Batch()
	batch.Delete(uploadKey(id))
	err := b.space.Scan(partKey(id, 0), partKey(id, mostParts+1), func(key, value []byte) (bool, error) {
		var saved piece
		if err := json.Unmarshal(value, &saved); err != nil {
			return false, fmt.Errorf("decode a part: %w", err)
		}
		if !used[saved.ID] {
			forgetPieces(batch, []piece{saved})
		}
		batch.Delete(key)
		return true, nil
	})
	if err != nil {
		return err
	}
	if object == nil {
		return batch.Apply()
	}
	return b.replace(object, batch)
}
