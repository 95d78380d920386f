package objects_test

import (
	"bytes"
	"context"
	"crypto/md5" //nolint:gosec // S3's ETag is an MD5
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/objects"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/store"
)

func newBuckets(t testing.TB) *objects.Buckets {
	t.Helper()
	memory, err := store.OpenMemory()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = memory.Close() })
	return objects.New(objects.Config{Space: memory.Space("s3")})
}

// send sends a request to S3, with headers as Name: value.
func send(b *objects.Buckets, method, target, body string, headers ...string) *httptest.ResponseRecorder {
	request := httptest.NewRequestWithContext(context.Background(), method, "http://127.0.0.1:4599"+target, strings.NewReader(body))
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		request.Header.Set(name, value)
	}
	answer := httptest.NewRecorder()
	b.Handler().ServeHTTP(answer, request)
	return answer
}

func etag(body string) string {
	sum := md5.Sum([]byte(body)) //nolint:gosec // S3's ETag is an MD5
	return `"` + hex.EncodeToString(sum[:]) + `"`
}

func TestRequests(t *testing.T) {
	t.Parallel()
	b := newBuckets(t)
	crc := func(body string) string {
		return base64.StdEncoding.EncodeToString([]byte{
			byte(crc32.ChecksumIEEE([]byte(body)) >> 24), byte(crc32.ChecksumIEEE([]byte(body)) >> 16),
			byte(crc32.ChecksumIEEE([]byte(body)) >> 8), byte(crc32.ChecksumIEEE([]byte(body))),
		})
	}
	steps := []struct {
		name, method, target, body string
		headers                    []string
		status                     int
		want                       string
	}{
		{"no bucket yet", "PUT", "/code/a", "x", nil, 404, "NoSuchBucket"},
		{"head of no bucket", "HEAD", "/code", "", nil, 404, ""},
		{"a name that is none", "PUT", "/A_b", "", nil, 400, "InvalidBucketName"},
		{"bucket", "PUT", "/code", "", nil, 200, ""},
		{"bucket again", "PUT", "/code", "", nil, 200, ""},
		{"head of a bucket", "HEAD", "/code", "", nil, 200, ""},
		{"location", "GET", "/code?location", "", nil, 200, "<LocationConstraint"},
		{"buckets", "GET", "/", "", nil, 200, "<Bucket><Name>code</Name>"},
		{"object", "PUT", "/code/dir/a%20b.zip", "hello", []string{"X-Amz-Checksum-Crc32: " + crc("hello"), "X-Amz-Meta-By: me"}, 200, ""},
		{"read", "GET", "/code/dir/a%20b.zip", "", nil, 200, "hello"},
		{"read a part", "GET", "/code/dir/a%20b.zip", "", []string{"Range: bytes=1-2"}, 206, "el"},
		{"read unless changed", "GET", "/code/dir/a%20b.zip", "", []string{"If-None-Match: " + etag("hello")}, 304, ""},
		{"head", "HEAD", "/code/dir/a%20b.zip", "", nil, 200, ""},
		{"head of nothing", "HEAD", "/code/other", "", nil, 404, ""},
		{"read nothing", "GET", "/code/other", "", nil, 404, "NoSuchKey"},
		{"wrong checksum", "PUT", "/code/bad", "hello", []string{"X-Amz-Checksum-Crc32: AAAAAA=="}, 400, "BadDigest"},
		{"wrong payload hash", "PUT", "/code/bad", "hello", []string{"X-Amz-Content-Sha256: " + strings.Repeat("0", 64)}, 400, "BadDigest"},
		{"nothing is left of it", "GET", "/code/bad", "", nil, 404, "NoSuchKey"},
		{"only if it is not there", "PUT", "/code/dir/a%20b.zip", "other", []string{"If-None-Match: *"}, 412, "PreconditionFailed"},
		{"frames", "PUT", "/code/framed", "3;chunk-signature=0\r\nabc\r\n2\r\nde\r\n0\r\nx-amz-checksum-crc32:" + crc("abcde") + "\r\n\r\n", []string{
			"X-Amz-Content-Sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER", "Content-Encoding: aws-chunked",
			"X-Amz-Trailer: x-amz-checksum-crc32", "X-Amz-Decoded-Content-Length: 5",
		}, 200, ""},
		{"without the frames", "GET", "/code/framed", "", nil, 200, "abcde"},
		{"frames with a wrong checksum", "PUT", "/code/framed", "1\r\na\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n", []string{
			"X-Amz-Content-Sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER", "X-Amz-Trailer: x-amz-checksum-crc32",
		}, 400, "BadDigest"},
		{"frames that end too early", "PUT", "/code/framed", "5\r\nab", []string{"X-Amz-Content-Sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER"}, 400, "IncompleteBody"},
		{"copy", "PUT", "/code/copy", "", []string{"X-Amz-Copy-Source: /code/framed"}, 501, "NotImplemented"},
		{"tags", "GET", "/code/framed?tagging", "", nil, 501, "NotImplemented"},
		{"an old version", "GET", "/code/framed?versionId=1", "", nil, 501, "NotImplemented"},
		{"a full bucket", "DELETE", "/code", "", nil, 409, "BucketNotEmpty"},
		{"delete some", "POST", "/code?delete", "<Delete><Object><Key>framed</Key></Object><Object><Key>nothing</Key></Object></Delete>", nil, 200, "<Deleted><Key>framed</Key></Deleted>"},
		{"no XML", "POST", "/code?delete", "<Delete>", nil, 400, "MalformedXML"},
		{"delete one", "DELETE", "/code/dir/a%20b.zip", "", nil, 204, ""},
		{"delete it again", "DELETE", "/code/dir/a%20b.zip", "", nil, 204, ""},
		{"an empty bucket", "DELETE", "/code", "", nil, 204, ""},
		{"no bucket any more", "GET", "/code?list-type=2", "", nil, 404, "NoSuchBucket"},
	}
	for _, step := range steps {
		answer := send(b, step.method, step.target, step.body, step.headers...)
		if answer.Code != step.status || !strings.Contains(answer.Body.String(), step.want) {
			t.Errorf("%s: %d %s, want %d %s", step.name, answer.Code, answer.Body, step.status, step.want)
		}
		if step.name == "head" && (answer.Header().Get("ETag") != etag("hello") || answer.Header().Get("X-Amz-Meta-By") != "me" || answer.Header().Get("Content-Length") != "5") {
			t.Errorf("headers %v", answer.Header())
		}
	}
}

func TestListing(t *testing.T) {
	t.Parallel()
	b := newBuckets(t)
	for _, bucket := range []string{"code", "code2"} {
		if err := b.Create(bucket); err != nil {
			t.Fatal(err)
		}
		for _, key := range []string{"a", "b/1", "b/2", "b/c/3", "d"} {
			if _, err := b.Put(bucket, key, nil, strings.NewReader(key)); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, test := range []struct {
		asked objects.Listing
		want  string
	}{
		{objects.Listing{Most: 10}, "[a b/1 b/2 b/c/3 d] [] false"},
		{objects.Listing{Most: 10, Prefix: "b/"}, "[b/1 b/2 b/c/3] [] false"},
		{objects.Listing{Most: 10, Delimiter: "/"}, "[a d] [b/] false"},
		{objects.Listing{Most: 10, Prefix: "b/", Delimiter: "/"}, "[b/1 b/2] [b/c/] false"},
		{objects.Listing{Most: 2}, "[a b/1] [] true"},
		{objects.Listing{Most: 2, After: "b/1"}, "[b/2 b/c/3] [] true"},
		{objects.Listing{Most: 2, Delimiter: "/"}, "[a] [b/] true"},
		{objects.Listing{Most: 2, Delimiter: "/", After: "b/"}, "[d] [] false"},
		{objects.Listing{Most: 10, Prefix: "e"}, "[] [] false"},
		{objects.Listing{Most: 10, Prefix: "b/", After: "a"}, "[b/1 b/2 b/c/3] [] false"},
	} {
		test.asked.Bucket = "code"
		page, err := b.List(test.asked)
		if err != nil {
			t.Fatal(err)
		}
		keys := []string{}
		for _, object := range page.Objects {
			keys = append(keys, object.Key)
		}
		if got := fmt.Sprint(keys, " ", append([]string{}, page.Prefixes...), " ", page.More); got != test.want {
			t.Errorf("%+v: %s, want %s", test.asked, got, test.want)
		}
	}
	answer := send(b, http.MethodGet, "/code?list-type=2&max-keys=1&encoding-type=url&start-after=a", "").Body.String()
	if !strings.Contains(answer, "<Key>b/1</Key>") || !strings.Contains(answer, "<IsTruncated>true") {
		t.Error(answer)
	}
	_, rest, _ := strings.Cut(answer, "<NextContinuationToken>")
	token, _, _ := strings.Cut(rest, "<")
	if next := send(b, http.MethodGet, "/code?list-type=2&continuation-token="+token, "").Body.String(); strings.Contains(next, "b/1") || !strings.Contains(next, "b/2") {
		t.Error(next)
	}
}

// TestLargeObjects reads what spans several chunks and parts, from the middle, too.
func TestLargeObjects(t *testing.T) {
	t.Parallel()
	b := newBuckets(t)
	if err := b.Create("code"); err != nil {
		t.Fatal(err)
	}
	part := func(c byte, size int) string { return string(bytes.Repeat([]byte{c}, size)) }
	first, second := part('a', 2<<20+17), part('b', 1<<20)
	id := between(send(b, http.MethodPost, "/code/big?uploads", "").Body.String(), "<UploadId>")
	target := "/code/big?uploadId=" + id
	tags := []string{}
	for number, body := range []string{first, "dropped", second} {
		answer := send(b, http.MethodPut, fmt.Sprintf("%s&partNumber=%d", target, number+1), body)
		if answer.Code != http.StatusOK {
			t.Fatalf("part %d: %s", number+1, answer.Body)
		}
		tags = append(tags, answer.Header().Get("ETag"))
	}
	complete := func(numbers ...int) *httptest.ResponseRecorder {
		var body strings.Builder
		for _, number := range numbers {
			fmt.Fprintf(&body, "<Part><PartNumber>%d</PartNumber><ETag>%s</ETag></Part>", number, tags[number-1])
		}
		return send(b, http.MethodPost, target, "<CompleteMultipartUpload>"+body.String()+"</CompleteMultipartUpload>")
	}
	for want, answer := range map[string]*httptest.ResponseRecorder{
		"InvalidPartOrder": complete(3, 1), "MalformedXML": complete(), "-2&#34;": complete(1, 3), "NoSuchUpload": complete(1, 3),
		"InvalidArgument": send(b, http.MethodPut, target+"&partNumber=0", "x"),
	} {
		if want != "InvalidArgument" && !strings.Contains(answer.Body.String(), want) {
			t.Errorf("%s, want %s", answer.Body, want)
		}
	}
	whole := first + second
	if got := send(b, http.MethodGet, "/code/big", "").Body.String(); got != whole {
		t.Errorf("%d bytes, want %d", len(got), len(whole))
	}
	from := len(first) - 3
	if got := send(b, http.MethodGet, "/code/big", "", fmt.Sprintf("Range: bytes=%d-%d", from, from+5)).Body.String(); got != "aaabbb" {
		t.Errorf("the middle is %q", got)
	}
	if _, err := b.Bytes("code", "big", 10); err == nil {
		t.Error("more bytes than the limit are read")
	}
	aborted := between(send(b, http.MethodPost, "/code/big?uploads", "").Body.String(), "<UploadId>")
	if answer := send(b, http.MethodDelete, "/code/big?uploadId="+aborted, ""); answer.Code != http.StatusNoContent {
		t.Errorf("abort: %d", answer.Code)
	}
}

func between(text, tag string) string {
	_, rest, _ := strings.Cut(text, tag)
	found, _, _ := strings.Cut(rest, "<")
	return found
}

func TestABodyThatBreaksOffChangesNothing(t *testing.T) {
	t.Parallel()
	b := newBuckets(t)
	if err := b.Create("code"); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Put("code", "k", nil, strings.NewReader("before")); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Put("code", "k", nil, io.MultiReader(strings.NewReader("af"), broken{})); err == nil {
		t.Error("it is taken")
	}
	if body, err := b.Bytes("code", "k", 10); err != nil || string(body) != "before" {
		t.Errorf("%q, %v", body, err)
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestAddresses(t *testing.T) {
	t.Parallel()
	for address, want := range map[string][2]string{
		"127.0.0.1:4599 /code/a/b": {"code", "a/b"}, "localhost:4599 /code/a": {"code", "a"}, "code.localhost:4599 /a/b": {"code", "a/b"},
		"code.s3.us-east-1.amazonaws.com /a": {"code", "a"}, "code.x.s3.amazonaws.com /a": {"code.x", "a"},
		"s3.us-east-1.amazonaws.com /code/a": {"code", "a"}, "127.0.0.1 /": {"", ""}, "127.0.0.1 /code": {"code", ""},
	} {
		host, path, _ := strings.Cut(address, " ")
		if bucket, key := objects.Address(host, path); bucket != want[0] || key != want[1] {
			t.Errorf("%s: %q %q", address, bucket, key)
		}
	}
}

func FuzzFrames(f *testing.F) {
	f.Add("3\r\nabc\r\n0\r\n\r\n")
	f.Add("ffffffffffffffff\r\n")
	f.Add("0\r\nx-amz-checksum-crc32:AAAAAA==\r\n")
	f.Fuzz(func(t *testing.T, body string) {
		b := newBuckets(t)
		if err := b.Create("code"); err != nil {
			t.Fatal(err)
		}
		answer := send(b, http.MethodPut, "/code/k", body, "X-Amz-Content-Sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER")
		if answer.Code >= http.StatusInternalServerError {
			t.Errorf("%d %s", answer.Code, answer.Body)
		}
	})
}
