package objects

import (
	"encoding/xml"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
)

// keptHeader tells whether an object has a header of the request that stored it.
func keptHeader(name string) bool {
	switch name {
	case "Content-Type", "Content-Disposition", "Content-Language", "Cache-Control", "Expires",
		"X-Amz-Server-Side-Encryption", "X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id":
		return true
	}
	return strings.HasPrefix(name, "X-Amz-Meta-")
}

func headersOf(r *request) map[string]string {
	headers := map[string]string{"Content-Type": "binary/octet-stream"}
	for name := range r.Header {
		if keptHeader(name) {
			headers[name] = r.Header.Get(name)
		}
	}
	if encoding := strings.TrimPrefix(strings.TrimPrefix(r.Header.Get("Content-Encoding"), "aws-chunked"), ","); encoding != "" {
		headers["Content-Encoding"] = strings.TrimSpace(encoding)
	}
	return headers
}

func (b *Buckets) putObject(w http.ResponseWriter, r *request) (any, error) {
	if err := b.checkConditions(r); err != nil {
		return nil, err
	}
	headers := headersOf(r)
	checked := checkedBody(r)
	object, err := b.Put(r.bucket, r.key, headers, checked)
	if err != nil {
		return nil, err
	}
	answerObject(w, &object)
	return nil, nil //nolint:nilnil // S3 answers nothing more
}

// checkConditions heeds the one condition under which an object is stored that is supported.
func (b *Buckets) checkConditions(r *request) error {
	if r.Header.Get("If-Match") != "" {
		return notImplemented("the header If-Match of requests that write")
	}
	switch r.Header.Get("If-None-Match") {
	case "":
		return nil
	case "*":
		b.mu.RLock()
		defer b.mu.RUnlock()
		object, err := b.find(r.bucket, r.key)
		if err == nil && object != nil {
			err = &awsapi.Error{
				Status: http.StatusPreconditionFailed, Code: "PreconditionFailed",
				Message: "At least one of the pre-conditions you specified did not hold",
			}
		}
		return err
	default:
		return notImplemented("If-None-Match with an ETag in requests that write")
	}
}

func answerObject(w http.ResponseWriter, object *Object) {
	w.Header().Set("ETag", `"`+object.ETag+`"`)
	for name, value := range object.Headers {
		if strings.HasPrefix(name, "X-Amz-Server-Side") {
			w.Header().Set(name, value)
		}
	}
}

// getObject answers GET and HEAD, with ranges and conditions.
func (b *Buckets) getObject(w http.ResponseWriter, r *request) (any, error) {
	object, err := b.Get(r.bucket, r.key)
	if err != nil {
		if r.Method == http.MethodHead {
			w.WriteHeader(http.StatusNotFound)
			return nil, nil //nolint:nilnil // an answer to HEAD has no body
		}
		return nil, err
	}
	for name, value := range object.Headers {
		w.Header().Set(name, value)
	}
	answerObject(w, &object)
	http.ServeContent(w, r.Request, "", object.Modified, b.reader(&object))
	return nil, nil //nolint:nilnil // it has answered
}

func (b *Buckets) deleteObject(w http.ResponseWriter, r *request) (any, error) {
	if err := b.Remove(r.bucket, r.key); err != nil {
		return nil, err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil, nil //nolint:nilnil // S3 answers nothing more
}

func (b *Buckets) createUpload(_ http.ResponseWriter, r *request) (any, error) {
	id, err := b.BeginUpload(r.bucket, r.key, headersOf(r))
	return struct {
		XMLName  xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ InitiateMultipartUploadResult"`
		Bucket   string
		Key      string
		UploadID string `xml:"UploadId"`
	}{Bucket: r.bucket, Key: r.key, UploadID: id}, err
}

func (b *Buckets) uploadPart(w http.ResponseWriter, r *request) (any, error) {
	number, err := strconv.Atoi(r.query.Get("partNumber"))
	if err != nil {
		return nil, awsapi.Errorf("InvalidArgument", "Part number must be an integer between 1 and 10000, inclusive")
	}
	etag, err := b.PutPart(r.bucket, r.key, r.query.Get("uploadId"), number, checkedBody(r))
	if err != nil {
		return nil, err
	}
	w.Header().Set("ETag", `"`+etag+`"`)
	return nil, nil //nolint:nilnil // S3 answers nothing more
}

func (b *Buckets) completeUpload(_ http.ResponseWriter, r *request) (any, error) {
	var asked struct {
		Parts []struct {
			PartNumber int
			ETag       string
		} `xml:"Part"`
	}
	if err := readXML(r, &asked); err != nil {
		return nil, err
	}
	parts := make([]Part, len(asked.Parts))
	for i, part := range asked.Parts {
		parts[i] = Part{part.PartNumber, part.ETag}
	}
	object, err := b.CompleteUpload(r.bucket, r.key, r.query.Get("uploadId"), parts)
	return struct {
		XMLName  xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ CompleteMultipartUploadResult"`
		Location string
		Bucket   string
		Key      string
		ETag     string
	}{Location: "http://" + r.Host + r.URL.EscapedPath(), Bucket: r.bucket, Key: r.key, ETag: `"` + object.ETag + `"`}, err
}

func (b *Buckets) abortUpload(w http.ResponseWriter, r *request) (any, error) {
	if err := b.AbortUpload(r.bucket, r.key, r.query.Get("uploadId")); err != nil {
		return nil, err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil, nil //nolint:nilnil // S3 answers nothing more
}

// readXML reads a request's body, of 1 MB at most.
func readXML(r *request, into any) error {
	const most = 1 << 20
	body, err := io.ReadAll(io.LimitReader(checkedBody(r), most))
	if err != nil {
		return err
	}
	if err := xml.Unmarshal(body, into); err != nil {
		return awsapi.Errorf("MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema")
	}
	return nil
}
