package objects

import (
	"encoding/xml"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
)

// Address tells which bucket and which object a request or a URL means: the bucket is in the path, or it begins the host's
// name, as in name.localhost and name.s3.us-east-1.amazonaws.com. Both may be empty.
//
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
func Address(host, path string) (bucket, key string) {
	host, _, _ = strings.Cut(host, ":")
	path = strings.TrimPrefix(path, "/")
	for _, ending := range []string{".localhost", ".amazonaws.com"} {
		name, ok := strings.CutSuffix(host, ending)
		if ok && ending == ".amazonaws.com" {
			name, _, ok = strings.Cut(name, ".s3")
		}
		if ok {
			return name, path
		}
	}
	bucket, key, _ = strings.Cut(path, "/")
	return bucket, key
}

// request is a request with what it is about.
type request struct {
	*http.Request
	bucket string
	key    string
	query  url.Values
}

// operation answers a request. What it returns is encoded as XML; nil if it has answered itself, or there is nothing to say.
type operation func(w http.ResponseWriter, r *request) (any, error)

// Handler serves S3's REST protocol. Whoever calls it is the account's own administrator; it does not look at the signature.
//
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations.html
func (b *Buckets) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Amz-Request-Id", uuid.NewString())
		bucket, key := Address(r.Host, r.URL.Path)
		asked := &request{Request: r, bucket: bucket, key: key, query: r.URL.Query()}
		answer, err := b.serve(w, asked)
		switch {
		case err != nil:
			refuse(w, r, err)
		case answer != nil:
			writeXML(w, http.StatusOK, answer)
		}
	})
}

func (b *Buckets) serve(w http.ResponseWriter, r *request) (any, error) {
	if err := refuseHeaders(r.Header); err != nil {
		return nil, err
	}
	serve, known := b.operation(r)
	if !known {
		return nil, notImplemented("the request %s %s", r.Method, r.URL.RequestURI())
	}
	return serve(w, r)
}

// operation finds what answers a request, which its method, its address and its query name.
func (b *Buckets) operation(r *request) (operation, bool) {
	level := "object"
	switch {
	case r.bucket == "":
		level = "account"
	case r.key == "":
		level = "bucket"
	}
	words := []string{r.Method, level}
	for _, name := range []string{"delete", "list-type", "location", "partNumber", "uploadId", "uploads"} {
		if r.query.Has(name) {
			words = append(words, name)
		}
	}
	for name := range r.query {
		if !slices.Contains(knownQuery, name) {
			return nil, false
		}
	}
	serve, known := map[string]operation{
		"GET account":                    b.listBuckets,
		"PUT bucket":                     b.createBucket,
		"HEAD bucket":                    b.headBucket,
		"DELETE bucket":                  b.deleteBucket,
		"GET bucket list-type":           b.listObjects,
		"GET bucket location":            b.location,
		"POST bucket delete":             b.deleteObjects,
		"PUT object":                     b.putObject,
		"GET object":                     b.getObject,
		"HEAD object":                    b.getObject,
		"DELETE object":                  b.deleteObject,
		"POST object uploads":            b.createUpload,
		"PUT object partNumber uploadId": b.uploadPart,
		"POST object uploadId":           b.completeUpload,
		"DELETE object uploadId":         b.abortUpload,
	}[strings.Join(words, " ")]
	return serve, known
}

// knownQuery are the parameters of all requests that are answered; x-id names the operation for people.
var knownQuery = []string{ //nolint:gochecknoglobals // a constant in all but name
	"delete", "list-type", "location", "partNumber", "uploadId", "uploads", "x-id",
	"prefix", "delimiter", "max-keys", "continuation-token", "start-after", "encoding-type", "fetch-owner", "allow-unordered",
}

// refuseHeaders refuses what a request asks for beside storing bytes.
func refuseHeaders(header http.Header) error {
	for name := range header {
		value := header.Get(name)
		switch {
		case name == "X-Amz-Acl" && value == "private", name == "X-Amz-Storage-Class" && value == "STANDARD":
		case slices.Contains([]string{
			"X-Amz-Acl", "X-Amz-Storage-Class", "X-Amz-Copy-Source", "X-Amz-Tagging", "X-Amz-Website-Redirect-Location",
			"X-Amz-Server-Side-Encryption-Customer-Algorithm",
		}, name), strings.HasPrefix(name, "X-Amz-Grant-"), strings.HasPrefix(name, "X-Amz-Object-Lock-"):
			return notImplemented("the header %s: %s", name, value)
		}
	}
	return nil
}

func notImplemented(format string, arguments ...any) error {
	refusal := awsapi.Errorf("NotImplemented", "The local cloud's S3 does not support "+format+".", arguments...)
	refusal.Status = http.StatusNotImplemented
	return refusal
}

// refuse answers an error as S3 does.
func refuse(w http.ResponseWriter, r *http.Request, err error) {
	var refusal *awsapi.Error
	if !errors.As(err, &refusal) {
		refusal = &awsapi.Error{Status: http.StatusInternalServerError, Code: "InternalError", Message: err.Error()}
	}
	writeXML(w, refusal.Status, struct {
		XMLName   xml.Name `xml:"Error"`
		Code      string
		Message   string
		Resource  string
		RequestID string `xml:"RequestId"`
	}{Code: refusal.Code, Message: refusal.Message, Resource: r.URL.Path, RequestID: w.Header().Get("X-Amz-Request-Id")})
}

func writeXML(w http.ResponseWriter, status int, value any) {
	encoded, err := xml.Marshal(value)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	_, _ = w.Write(append([]byte(xml.Header), encoded...)) // the client is gone: nothing is left to tell it
}
