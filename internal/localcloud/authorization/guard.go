// Package authorization lets a function's role do with the local cloud's services what its policies in the template
// allow, and nothing else: a permission that is missing fails here as it fails on AWS.
//
// Each service has a file that says what IAM is asked for a call: which action with which resource, under which
// conditions. Whoever does not sign with a function's access key is the account's own administrator, who may do
// everything.
package authorization

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/iam"
)

// Guard stands before services. All fields but BusPolicy are required.
type Guard struct {
	// Session is the role that an access key stands for; it says false for a key that is nobody's.
	Session func(accessKeyID string) (Session, bool)
	// PartitionKey is the name of the partition key of a table, or of an index of it; empty if there is none.
	PartitionKey func(table, index string) string
	// InvokedARN is the ARN that the permission to invoke a function is for, given what a call names it and the version or alias
	// that the call names apart from it, if any. It says false for what names no function that can be here.
	InvokedARN func(name, qualifier string) (arn string, isName bool)
	// SecretARN is the ARN of the secret that a name or an ARN means.
	SecretARN func(id string) (arn string, found bool)
	// KeyARN is the ARN of the key that an id, an alias or an ARN means; MakerARN that of the key of a ciphertext.
	KeyARN   func(id string) (arn string, found bool)
	MakerARN func(ciphertext []byte) (arn string, found bool)
	// BusPolicy is the policy of a bus, given its name; nil for buses without policies.
	BusPolicy func(bus string) iam.Policy
}

// Session is a role that someone has taken.
type Session struct {
	Role *iam.Identity
	Name string // of who has taken it, such as a function's name
}

// user is who makes the call, as AWS writes it.
func (s Session) user() string {
	role := s.Role.ARN[strings.LastIndexByte(s.Role.ARN, '/')+1:]
	return "arn:aws:sts::" + awsapi.Account + ":assumed-role/" + role + "/" + s.Name
}

// refusal is what AWS says to a call that may not be made.
//
// https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
func (s Session) refusal(demanded iam.Demand, verdict iam.Verdict, status int) *awsapi.Error {
	reason := "because no identity-based policy allows the " + demanded.Action + " action"
	if verdict == iam.Denied {
		reason = "with an explicit deny in an identity-based policy"
	}
	return &awsapi.Error{
		Status: status, Code: accessDenied,
		Message: "User: " + s.user() + " is not authorized to perform: " + demanded.Action + " on resource: " + demanded.Resource + " " + reason,
	}
}

const accessDenied = "AccessDeniedException"

// call is a request to a service.
type call struct {
	operation string // of a JSON protocol, such as GetItem; empty for REST
	method    string
	path      string
	query     url.Values
	body      []byte
}

// decode reads the members of the body that IAM asks for. What cannot be read stays empty: the service will refuse it.
func (c call) decode(into any) { _ = json.Unmarshal(c.body, into) }

// maxBody is the greatest size of a request that is looked into, in bytes: as much as the largest service takes.
const maxBody = 64 << 20

// protect asks the caller's role for all that a call demands before the service answers it. Status is that of a refusal.
func (g *Guard) protect(service http.Handler, status int, demands func(Session, call) []iam.Demand) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		session, known := g.Session(awsapi.AccessKeyID(r))
		if !known {
			service.ServeHTTP(w, r)
			return
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if err != nil {
			var tooLarge *http.MaxBytesError
			if errors.As(err, &tooLarge) {
				refuse(w, &awsapi.Error{
					Status: http.StatusRequestEntityTooLarge, Code: "RequestEntityTooLargeException", Message: "The request is too large.",
				})
			}
			return // else the client is gone
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		for _, demanded := range demands(session, call{operation, r.Method, r.URL.Path, r.URL.Query(), body}) {
			if verdict := session.Role.Decide(demanded); verdict != iam.Allowed {
				refuse(w, session.refusal(demanded, verdict, status))
				return
			}
		}
		service.ServeHTTP(w, r)
	})
}

// refuse answers as AWS's common front does, before a service has seen the request.
func refuse(w http.ResponseWriter, refusal *awsapi.Error) {
	body, err := json.Marshal(map[string]string{"__type": refusal.Code, "Message": refusal.Message})
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	header := w.Header()
	header.Set("Content-Type", "application/x-amz-json-1.0")
	header.Set("X-Amzn-Errortype", refusal.Code)
	header.Set("X-Amzn-Requestid", uuid.NewString())
	header.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(refusal.Status)
	_, _ = w.Write(body) // the client may be gone
}

// with makes a condition key's values from those that there are.
func with(key string, values ...string) map[string][]string {
	return map[string][]string{key: values}
}
