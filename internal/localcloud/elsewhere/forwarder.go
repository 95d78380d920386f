// Package elsewhere forwards requests to a service outside the local cloud, such as DynamoDB Local or AWS itself. Functions
// sign with the local cloud's credentials; the forwarder signs anew with the caller's own.
package elsewhere

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// Forwarder is an http.Handler that answers as the service elsewhere does.
type Forwarder struct {
	target      *url.URL
	service     string // as signatures name it, such as dynamodb
	region      string
	credentials aws.CredentialsProvider
	client      *http.Client
}

// maxBody is DynamoDB's limit of a request.
const maxBody = 16 << 20

// forwardTimeout bounds one request.
const forwardTimeout = time.Minute

// New forwards to a URL and signs for the service and region with the given credentials.
func New(target, service, region string, credentials aws.CredentialsProvider) (*Forwarder, error) {
	parsed, err := url.Parse(target)
	if err != nil || parsed.Scheme == "" || parsed.Host == "" {
		return nil, fmt.Errorf("%q is no URL such as http://127.0.0.1:8000", target)
	}
	return &Forwarder{
		target: parsed, service: service, region: region, credentials: credentials,
		client: &http.Client{Timeout: forwardTimeout},
	}, nil
}

func (f *Forwarder) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	answer, err := f.forward(r)
	if err != nil {
		w.Header().Set("X-Amzn-Errortype", "InternalServerError")
		http.Error(w, fmt.Sprintf(`{"__type":"InternalServerError","message":%q}`, err), http.StatusBadGateway)
		return
	}
	defer answer.Body.Close()
	for name, values := range answer.Header {
		w.Header()[name] = values
	}
	w.WriteHeader(answer.StatusCode)
	_, _ = io.Copy(w, answer.Body) // the client may be gone
}

func (f *Forwarder) forward(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, maxBody))
	if err != nil {
		return nil, fmt.Errorf("read the request: %w", err)
	}
	request, err := http.NewRequestWithContext(r.Context(), r.Method, f.target.String(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"Content-Type", "X-Amz-Target"} {
		request.Header.Set(name, r.Header.Get(name))
	}
	if err := f.sign(r.Context(), request, body); err != nil {
		return nil, err
	}
	answer, err := f.client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("reach %s: %w", f.target.Host, err)
	}
	return answer, nil
}

func (f *Forwarder) sign(ctx context.Context, request *http.Request, body []byte) error {
	credentials, err := f.credentials.Retrieve(ctx)
	if err != nil {
		return fmt.Errorf("credentials for %s: %w", f.target.Host, err)
	}
	hash := sha256.Sum256(body)
	return v4.NewSigner().SignHTTP(ctx, credentials, request, hex.EncodeToString(hash[:]), f.service, f.region, time.Now())
}
