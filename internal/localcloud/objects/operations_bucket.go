package objects

import (
	"encoding/base64"
	"encoding/xml"
	"net/http"
	"net/url"
	"strconv"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
)

const timeForm = "2006-01-02T15:04:05.000Z"

type owner struct {
	ID          string
	DisplayName string `xml:",omitempty"`
}

func (b *Buckets) listBuckets(http.ResponseWriter, *request) (any, error) {
	all, err := b.All()
	if err != nil {
		return nil, err
	}
	type entry struct {
		Name         string
		CreationDate string
	}
	answer := struct {
		XMLName xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ ListAllMyBucketsResult"`
		Owner   owner
		Buckets []entry `xml:"Buckets>Bucket"`
	}{Owner: owner{ID: awsapi.Account}}
	for _, bucket := range all {
		answer.Buckets = append(answer.Buckets, entry{bucket.Name, bucket.Created.Format(timeForm)})
	}
	return answer, nil
}

func (b *Buckets) createBucket(w http.ResponseWriter, r *request) (any, error) {
	if err := b.Create(r.bucket); err != nil {
		return nil, err
	}
	w.Header().Set("Location", "/"+r.bucket)
	return nil, nil //nolint:nilnil // S3 answers nothing more
}

func (b *Buckets) headBucket(w http.ResponseWriter, r *request) (any, error) {
	found, err := b.Has(r.bucket)
	if err == nil && !found {
		w.WriteHeader(http.StatusNotFound)
		return nil, nil //nolint:nilnil // an answer to HEAD has no body
	}
	w.Header().Set("X-Amz-Bucket-Region", awsapi.Region)
	return nil, err
}

func (b *Buckets) deleteBucket(w http.ResponseWriter, r *request) (any, error) {
	if err := b.Delete(r.bucket); err != nil {
		return nil, err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil, nil //nolint:nilnil // S3 answers nothing more
}

func (b *Buckets) location(_ http.ResponseWriter, r *request) (any, error) {
	found, err := b.Has(r.bucket)
	if err == nil && !found {
		_, err = b.Get(r.bucket, "")
	}
	return struct { // the region us-east-1 has no name here
		XMLName xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ LocationConstraint"`
	}{}, err
}

// contents is an object as listings show it.
type contents struct {
	Key          string
	LastModified string
	ETag         string
	Size         int64
	StorageClass string
}

type prefixes struct{ Prefix string }

type listResult struct {
	XMLName               xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ ListBucketResult"`
	Name                  string
	Prefix                string
	Delimiter             string `xml:",omitempty"`
	StartAfter            string `xml:",omitempty"`
	ContinuationToken     string `xml:",omitempty"`
	NextContinuationToken string `xml:",omitempty"`
	KeyCount              int
	MaxKeys               int
	EncodingType          string `xml:",omitempty"`
	IsTruncated           bool
	Contents              []contents
	CommonPrefixes        []prefixes
}

func (b *Buckets) listObjects(_ http.ResponseWriter, r *request) (any, error) {
	const most = 1000
	asked := Listing{
		Bucket: r.bucket, Prefix: r.query.Get("prefix"), Delimiter: r.query.Get("delimiter"), After: r.query.Get("start-after"), Most: most,
	}
	if text := r.query.Get("max-keys"); text != "" {
		number, err := strconv.Atoi(text)
		if err != nil || number < 0 {
			return nil, awsapi.Errorf("InvalidArgument", "Provided max-keys not an integer or within integer range")
		}
		asked.Most = min(number, most)
	}
	token := r.query.Get("continuation-token")
	if token != "" {
		last, err := base64.StdEncoding.DecodeString(token)
		if err != nil {
			return nil, awsapi.Errorf("InvalidArgument", "The continuation token provided is incorrect")
		}
		asked.After = string(last)
	}
	page, err := b.List(asked)
	if err != nil {
		return nil, err
	}
	write := func(text string) string { return text }
	if r.query.Get("encoding-type") == "url" {
		write = func(text string) string { return (&url.URL{Path: text}).EscapedPath() }
	}
	answer := listResult{
		Name: r.bucket, Prefix: write(asked.Prefix), Delimiter: write(asked.Delimiter), StartAfter: write(r.query.Get("start-after")),
		ContinuationToken: token, KeyCount: len(page.Objects) + len(page.Prefixes), MaxKeys: asked.Most,
		EncodingType: r.query.Get("encoding-type"), IsTruncated: page.More,
	}
	if page.More {
		answer.NextContinuationToken = base64.StdEncoding.EncodeToString([]byte(page.Last))
	}
	for _, object := range page.Objects {
		answer.Contents = append(answer.Contents, contents{
			write(object.Key), object.Modified.Format(timeForm), `"` + object.ETag + `"`, object.Size, "STANDARD",
		})
	}
	for _, prefix := range page.Prefixes {
		answer.CommonPrefixes = append(answer.CommonPrefixes, prefixes{write(prefix)})
	}
	return answer, nil
}

type deleteRequest struct {
	Quiet   bool
	Objects []struct {
		Key       string
		VersionID string `xml:"VersionId"`
	} `xml:"Object"`
}

func (b *Buckets) deleteObjects(_ http.ResponseWriter, r *request) (any, error) {
	var asked deleteRequest
	if err := readXML(r, &asked); err != nil {
		return nil, err
	}
	type deleted struct{ Key string }
	answer := struct {
		XMLName xml.Name  `xml:"http://s3.amazonaws.com/doc/2006-03-01/ DeleteResult"`
		Deleted []deleted `xml:",omitempty"`
	}{}
	for _, object := range asked.Objects {
		if object.VersionID != "" {
			return nil, notImplemented("versions of objects")
		}
		if err := b.Remove(r.bucket, object.Key); err != nil {
			return nil, err
		}
		if !asked.Quiet {
			answer.Deleted = append(answer.Deleted, deleted{object.Key})
		}
	}
	return answer, nil
}
