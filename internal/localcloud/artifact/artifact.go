// Package artifact keeps the code of functions that were deployed, as Lambda does: it is taken out of the zip in S3 when a
// function is created or updated, and needs S3 no more from then on.
package artifact

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
)

// Shelf is where code is kept.
type Shelf struct {
	// Folder holds one folder of each zip that was fetched, and where each address led to last.
	Folder string
	// Object reads an object of S3. Its refusals are *awsapi.Error.
	Object func(bucket, key string) ([]byte, error)
}

// name is what Lambda runs.
const name = "bootstrap"

// mostUnzipped is how large a function's code may be.
//
// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
const mostUnzipped = 250 << 20

// Fetch takes the bootstrap out of the zip at an address such as s3://bucket/key, and returns its path. The zip that was
// there before counts if it has been deleted since. A bootstrap for another processor than architecture (arm64 or x86_64),
// or for another machine than this one, is refused.
func (s Shelf) Fetch(address, architecture string) (path string, err error) {
	bucket, key, ok := split(address)
	if !ok {
		return "", awsapi.Errorf("InvalidParameterValueException",
			"CodeUri %q is no object of S3 such as s3://bucket/key: sam deploy uploads the code and puts its address there", address)
	}
	body, err := s.Object(bucket, key)
	var refusal *awsapi.Error
	if errors.As(err, &refusal) && refusal.Status == http.StatusNotFound {
		if known, missing := s.Known(address); missing == nil {
			return known, nil
		}
	}
	if err != nil {
		return "", fmt.Errorf("Error occurred while GetObject. %w", err) //nolint:staticcheck // Lambda's own words
	}
	if path, err = s.unzip(address, body); err != nil {
		return "", err
	}
	if err := check(path, architecture); err != nil {
		return "", fmt.Errorf("the code at %s: %w", address, err)
	}
	return path, s.note(address, filepath.Base(filepath.Dir(path)))
}

// Known is the path of the bootstrap that was fetched from an address last.
func (s Shelf) Known(address string) (path string, err error) {
	folder, err := os.ReadFile(s.noteOf(address))
	if err != nil {
		return "", fmt.Errorf("the code of %s was never fetched: %w", address, err)
	}
	path = filepath.Join(s.Folder, string(folder), name)
	_, err = os.Stat(path)
	return path, err
}

func split(address string) (bucket, key string, ok bool) {
	rest, isS3 := strings.CutPrefix(address, "s3://")
	bucket, key, _ = strings.Cut(rest, "/")
	return bucket, key, isS3 && bucket != "" && key != ""
}

// unzip saves the bootstrap in a folder that is named by what the zip holds, so that all who have the same share it.
func (s Shelf) unzip(address string, body []byte) (path string, err error) {
	digest := sha256.Sum256(body)
	path, err = filepath.Abs(filepath.Join(s.Folder, hex.EncodeToString(digest[:]), name))
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	archive, err := zip.NewReader(bytes.NewReader(body), int64(len(body)))
	if err != nil {
		return "", awsapi.Errorf("InvalidParameterValueException", "Could not unzip uploaded file %s. Please check your file, then try to upload again.", address)
	}
	packed, err := archive.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return "", awsapi.Errorf("InvalidParameterValueException", "the zip %s holds no file %s, which the runtime provided.al2023 starts", address, name)
	}
	if err != nil {
		return "", fmt.Errorf("unzip %s: %w", address, err)
	}
	err = s.write(path, 0o755, io.LimitReader(packed, mostUnzipped))
	return path, errors.Join(err, packed.Close())
}

// note remembers the folder that an address leads to.
func (s Shelf) note(address, folder string) error {
	return s.write(s.noteOf(address), 0o644, strings.NewReader(folder))
}

func (s Shelf) noteOf(address string) string {
	digest := sha256.Sum256([]byte(address))
	return filepath.Join(s.Folder, hex.EncodeToString(digest[:])+".address")
}

// write makes a file be there in full or not at all.
func (s Shelf) write(path string, mode os.FileMode, content io.Reader) (err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("keep code: %w", err)
	}
	file, err := os.CreateTemp(s.Folder, ".new-*")
	if err != nil {
		return fmt.Errorf("keep code: %w", err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(file.Name())
		}
	}()
	_, err = io.Copy(file, content)
	if err := errors.Join(err, file.Chmod(mode), file.Close()); err != nil {
		return fmt.Errorf("keep code: %w", err)
	}
	return os.Rename(file.Name(), path)
}
