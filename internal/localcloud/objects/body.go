package objects

import (
	"bufio"
	"crypto/md5"  //nolint:gosec // one of the checksums that S3 knows
	"crypto/sha1" //nolint:gosec // one of the checksums that S3 knows
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"hash"
	"hash/crc32"
	"hash/crc64"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
)

// checkedBody is a request's body without the frames that some clients send it in. Reading its end fails if a checksum
// differs that the request has, in a header or behind the body.
//
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
func checkedBody(r *request) io.Reader {
	body := &checked{source: r.Body, expected: r.Header.Clone()}
	if strings.HasPrefix(r.Header.Get("X-Amz-Content-Sha256"), "STREAMING-") {
		body.source = &unframed{source: bufio.NewReader(r.Body), trailers: body.expected}
		body.declared, _ = strconv.ParseInt(r.Header.Get("X-Amz-Decoded-Content-Length"), 10, 64)
	}
	for name := range sums() {
		if r.Header.Get(name) != "" || strings.EqualFold(r.Header.Get("X-Amz-Trailer"), name) {
			body.sums = append(body.sums, namedSum{name, sums()[name]()})
		}
	}
	if given := r.Header.Get("X-Amz-Content-Sha256"); len(given) == hex.EncodedLen(sha256.Size) {
		body.sums = append(body.sums, namedSum{payloadSum, sha256.New()})
	}
	return body
}

const payloadSum = "X-Amz-Content-Sha256" // is in hexadecimal digits, the others in base 64

// sums makes the checksums that S3 knows, by the header that holds them.
func sums() map[string]func() hash.Hash {
	const nvme = 0x9a6c9329ac4bc9b5 // the polynomial of CRC-64/NVME, reversed
	return map[string]func() hash.Hash{
		"Content-Md5":              md5.New,
		"X-Amz-Checksum-Crc32":     func() hash.Hash { return crc32.NewIEEE() },
		"X-Amz-Checksum-Crc32c":    func() hash.Hash { return crc32.New(crc32.MakeTable(crc32.Castagnoli)) },
		"X-Amz-Checksum-Crc64nvme": func() hash.Hash { return crc64.New(crc64.MakeTable(nvme)) },
		"X-Amz-Checksum-Sha1":      sha1.New,
		"X-Amz-Checksum-Sha256":    sha256.New,
	}
}

type namedSum struct {
	name string
	hash hash.Hash
}

type checked struct {
	source   io.Reader
	sums     []namedSum
	expected http.Header
	declared int64 // length without frames; 0 if it was not declared
	read     int64
}

func (c *checked) Read(into []byte) (int, error) {
	n, err := c.source.Read(into)
	c.read += int64(n)
	for _, sum := range c.sums {
		sum.hash.Write(into[:n])
	}
	switch {
	case errors.Is(err, io.EOF):
		if refusal := c.check(); refusal != nil {
			return n, refusal
		}
	case err != nil:
		err = awsapi.Errorf("IncompleteBody", "The request body terminated unexpectedly: %v", err)
	}
	return n, err
}

func (c *checked) check() error {
	if c.declared > 0 && c.read != c.declared {
		return awsapi.Errorf("IncompleteBody", "You did not provide the number of bytes specified by the Content-Length HTTP header")
	}
	for _, sum := range c.sums {
		encode := base64.StdEncoding.EncodeToString
		if sum.name == payloadSum {
			encode = hex.EncodeToString
		}
		if got, want := encode(sum.hash.Sum(nil)), c.expected.Get(sum.name); got != want {
			return awsapi.Errorf("BadDigest", "The %s you specified did not match what we received.", sum.name)
		}
	}
	return nil
}

// unframed reads a body of aws-chunked frames: size;extensions CRLF bytes CRLF, with size in hexadecimal digits. The last
// frame is empty, and trailers may follow. The signatures of frames are not looked at.
//
// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
type unframed struct {
	source   *bufio.Reader
	trailers http.Header
	left     int64 // in the frame
	begun    bool
	ended    bool
}

func (u *unframed) Read(into []byte) (int, error) {
	if u.ended {
		return 0, io.EOF
	}
	if u.left == 0 {
		if err := u.next(); err != nil {
			return 0, err
		}
		if u.ended {
			return 0, io.EOF
		}
	}
	n, err := u.source.Read(into[:min(int64(len(into)), u.left)])
	u.left -= int64(n)
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// next reads the beginning of a frame, or the trailers behind the last one.
func (u *unframed) next() error {
	if u.begun {
		if _, err := u.line(); err != nil {
			return err
		}
	}
	u.begun = true
	line, err := u.line()
	if err != nil {
		return err
	}
	digits, _, _ := strings.Cut(line, ";")
	u.left, err = strconv.ParseInt(digits, 16, 64)
	if err != nil || u.left < 0 {
		return errors.New("a frame without a size")
	}
	if u.left > 0 {
		return nil
	}
	for {
		line, _ := u.line() // some clients leave the last line away
		if line == "" {
			u.ended = true
			return nil
		}
		name, value, _ := strings.Cut(line, ":")
		u.trailers.Set(name, strings.TrimSpace(value))
	}
}

func (u *unframed) line() (string, error) {
	line, err := u.source.ReadString('\n')
	const longest = 4096
	if errors.Is(err, io.EOF) || len(line) > longest {
		err = io.ErrUnexpectedEOF
	}
	return strings.TrimRight(line, "\r\n"), err
}
