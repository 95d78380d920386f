package queue

import (
	"errors"
	"net/http"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
)

// maxBody is the greatest size of a request, in bytes: a full batch whose every byte JSON writes as six.
const maxBody = 8 << 20

// Handler serves SQS's JSON protocol. Whoever calls it is the account's own administrator; it does not look at the path,
// nor at the signature.
//
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/Welcome.html
func (q *Queues) Handler() http.Handler {
	service := &awsapi.JSON{
		Version:   "1.0",
		Namespace: "com.amazonaws.sqs",
		MaxBody:   maxBody,
		Operations: map[string]awsapi.Operation{
			"CreateQueue":                  operation(q.createQueue),
			"DeleteQueue":                  operation(q.deleteQueue),
			"GetQueueUrl":                  operation(q.getQueueURL),
			"ListQueues":                   operation(q.listQueues),
			"SetQueueAttributes":           operation(q.setQueueAttributes),
			"GetQueueAttributes":           operation(q.getQueueAttributes),
			"PurgeQueue":                   operation(q.purgeQueue),
			"SendMessage":                  operation(q.sendMessage),
			"SendMessageBatch":             operation(q.sendMessageBatch),
			"ReceiveMessage":               operation(q.receiveMessage),
			"DeleteMessage":                operation(q.deleteMessage),
			"DeleteMessageBatch":           operation(q.deleteMessageBatch),
			"ChangeMessageVisibility":      operation(q.changeMessageVisibility),
			"ChangeMessageVisibilityBatch": operation(q.changeMessageVisibilityBatch),
		},
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		service.ServeHTTP(&legacyCodes{w}, r)
	})
}

// operation makes an operation of a function of its decoded request.
func operation[Request any](answer func(r *http.Request, request *Request) (any, error)) awsapi.Operation {
	return func(r *http.Request, body []byte) (any, error) {
		var request Request
		if err := awsapi.Decode(body, &request); err != nil {
			return nil, err
		}
		result, err := answer(r, &request)
		return result, onWire(err)
	}
}

// onWire gives a refusal the name that it has in the JSON protocol.
func onWire(err error) error {
	var refusal *awsapi.Error
	if !errors.As(err, &refusal) {
		return err
	}
	named := *refusal
	named.Code = shapeOf(refusal.Code)
	return &named
}

// legacyCodes says beside an error's name what it was called before the JSON protocol, as clients act upon that, too.
type legacyCodes struct{ http.ResponseWriter }

func (w *legacyCodes) WriteHeader(status int) {
	header := w.Header()
	if shape := header.Get("X-Amzn-Errortype"); shape != "" && status < http.StatusInternalServerError {
		header.Set("X-Amzn-Query-Error", codeOf(shape)+";Sender")
	}
	w.ResponseWriter.WriteHeader(status)
}
