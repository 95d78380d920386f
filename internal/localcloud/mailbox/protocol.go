package mailbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
)

// Prefix is what the paths of SES v2 begin with.
const Prefix = "/v2/email/"

// maxBody is the greatest size of a request, in bytes: more than the greatest message needs, as JSON writes most texts.
const maxBody = 64 << 20

// Handler serves the operation SendEmail of SES v2. Whoever calls it is the account's own administrator.
//
// https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html
func (m *Mailbox) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+Prefix+"outbound-emails", m.sendEmail)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		answer(w, nil, awsapi.Errorf("UnknownOperationException", "The local cloud does not support %s %s of SES v2.", r.Method, r.URL.Path))
	})
	return mux
}

type sendEmailResponse struct {
	MessageID string `json:"MessageId"`
}

func (m *Mailbox) sendEmail(w http.ResponseWriter, r *http.Request) {
	taken, asked, err := m.send(w, r)
	if err != nil {
		answer(w, nil, err)
		return
	}
	if asked.late {
		select {
		case <-time.After(m.late):
		case <-r.Context().Done():
		}
	}
	if asked.cut || happens(m.faults.Cut) {
		panic(http.ErrAbortHandler) // net/http's way of cutting a connection
	}
	answer(w, sendEmailResponse{MessageID: taken.MessageID}, nil)
}

// send takes the mail of a request, and tells what trouble its recipients ask for beside that.
func (m *Mailbox) send(w http.ResponseWriter, r *http.Request) (Mail, trouble, error) {
	switch {
	case happens(m.faults.Throttle):
		return Mail{}, trouble{}, tooManyRequests()
	case happens(m.faults.Fail):
		return Mail{}, trouble{}, internalFailure()
	}
	encoded, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return Mail{}, trouble{}, &awsapi.Error{
			Status: http.StatusRequestEntityTooLarge, Code: "RequestEntityTooLargeException",
			Message: fmt.Sprintf("The request body could not be read: %v.", err),
		}
	}
	decoded, err := decode(encoded)
	if err != nil {
		return Mail{}, trouble{}, err
	}
	mail, err := m.check(decoded)
	if err != nil {
		return Mail{}, trouble{}, err
	}
	asked := troubleOf(decoded.Destination.recipients())
	if asked.refusal != nil {
		return Mail{}, trouble{}, asked.refusal
	}
	taken, err := m.take(mail)
	return taken, asked, err
}

// answer answers a request with a result, or with an error.
func answer(w http.ResponseWriter, result any, err error) {
	status := http.StatusOK
	header := w.Header()
	if err != nil {
		refusal := &awsapi.Error{Status: http.StatusInternalServerError, Code: "InternalFailure", Message: err.Error()}
		errors.As(err, &refusal)
		status, result = refusal.Status, map[string]string{"message": refusal.Message}
		header.Set("X-Amzn-Errortype", refusal.Code)
	}
	encoded, err := json.Marshal(result)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	header.Set("Content-Type", "application/json")
	header.Set("X-Amzn-Requestid", uuid.NewString())
	header.Set("Content-Length", strconv.Itoa(len(encoded)))
	w.WriteHeader(status)
	_, _ = w.Write(encoded) // the client is gone: nothing is left to tell it
}

// messageID makes an id in the form of SES's own.
func messageID(sent time.Time) string {
	return fmt.Sprintf("%016x-%s-000000", sent.UnixMilli(), uuid.NewString())
}
