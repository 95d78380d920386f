// Package gateway is the one endpoint of the local cloud: it tells AWS's services apart as AWS's clients address and sign
// their requests.
package gateway

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/aws/smithy-go/encoding/cbor"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
)

// Gateway hands each request to the service that it is meant for. A service that is not there answers an error that says
// so, never a success.
type Gateway struct {
	// Targets serve the JSON protocols, by what stands before the dot of the header X-Amz-Target, such as AWSEvents.
	Targets map[string]http.Handler
	// Signed serve the protocols that neither a header nor a path tells apart, by the service that a request is signed for, such
	// as s3.
	Signed map[string]http.Handler
	// Paths serve the REST protocols, by the beginning of the path, such as /2015-03-31/.
	Paths map[string]http.Handler
}

func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if service, ok := g.service(r); ok {
		service.ServeHTTP(w, r)
		return
	}
	refuse(w, r, awsapi.Errorf("UnknownOperationException",
		"The local cloud does not support the service %q (%s %s).", awsapi.SignedService(r), r.Method, r.URL.Path))
}

func (g *Gateway) service(r *http.Request) (http.Handler, bool) {
	if target := r.Header.Get("X-Amz-Target"); target != "" {
		prefix, _, _ := strings.Cut(target, ".")
		service, ok := g.Targets[prefix]
		return service, ok
	}
	if service, ok := g.Signed[awsapi.SignedService(r)]; ok {
		return service, true
	}
	for prefix, service := range g.Paths {
		if strings.HasPrefix(r.URL.Path, prefix) {
			return service, true
		}
	}
	return nil, false
}

// cborProtocol is what clients call the protocol in CBOR that some services speak only, such as CloudWatch.
//
// https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html
const cborProtocol = "rpc-v2-cbor"

func refuse(w http.ResponseWriter, r *http.Request, refusal *awsapi.Error) {
	if r.Header.Get("Smithy-Protocol") == cborProtocol {
		w.Header().Set("Content-Type", "application/cbor")
		w.Header().Set("Smithy-Protocol", cborProtocol)
		w.WriteHeader(refusal.Status)
		_, _ = w.Write(cbor.Encode(cbor.Map{"__type": cbor.String(refusal.Code), "message": cbor.String(refusal.Message)})) // the client may be gone
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Amzn-Errortype", refusal.Code)
	w.WriteHeader(refusal.Status)
	// The client may be gone; nothing is left to tell it.
	_ = json.NewEncoder(w).Encode(map[string]string{"__type": refusal.Code, "message": refusal.Message})
}
