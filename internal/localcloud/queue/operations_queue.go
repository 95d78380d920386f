package queue

import (
	"encoding/base64"
	"maps"
	"net/http"
	"path"
	"strconv"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
)

// ofQueue is what requests about a queue and nothing else hold.
type ofQueue struct{ QueueURL string }

// queue is the name at the end of the URL, whatever host that has: from within a container, the local cloud is reached
// under another one.
func (o ofQueue) queue() string { return path.Base(o.QueueURL) }

// empty is the answer of operations that have nothing to tell.
type empty struct{}

// url is the URL of a queue, under the host that the client used.
func url(r *http.Request, name string) string {
	return "http://" + r.Host + "/" + awsapi.Account + "/" + name
}

type createQueueRequest struct {
	QueueName  string
	Attributes map[string]string
	Tags       map[string]string `json:"tags"`
}

func (q *Queues) createQueue(r *http.Request, request *createQueueRequest) (any, error) {
	if len(request.Tags) > 0 {
		return nil, refuse(unsupportedOperation, "The local cloud does not support tags on queues.")
	}
	if err := q.create(request.QueueName, request.Attributes); err != nil {
		return nil, err
	}
	return map[string]string{"QueueUrl": url(r, request.QueueName)}, nil
}

func (q *Queues) deleteQueue(_ *http.Request, request *ofQueue) (any, error) {
	return empty{}, q.remove(request.queue())
}

func (q *Queues) getQueueURL(r *http.Request, request *struct{ QueueName string }) (any, error) {
	err := q.use(request.QueueName, func(*queue) error { return nil })
	return map[string]string{"QueueUrl": url(r, request.QueueName)}, err
}

type listQueuesRequest struct {
	QueueNamePrefix string
	MaxResults      *int
	NextToken       string
}

func (q *Queues) listQueues(r *http.Request, request *listQueuesRequest) (any, error) {
	const most = 1000
	limit := most
	if request.MaxResults != nil {
		limit = *request.MaxResults
	}
	last, err := base64.StdEncoding.DecodeString(request.NextToken)
	if err != nil || limit < 1 || limit > most {
		return nil, refuse(invalidParameterValue, "MaxResults must be from 1 to 1000, and NextToken one that ListQueues gave.")
	}
	answer := struct {
		QueueURLs []string `json:"QueueUrls,omitempty"`
		NextToken string   `json:",omitempty"`
	}{}
	for _, name := range q.names(request.QueueNamePrefix, string(last)) {
		if len(answer.QueueURLs) == limit {
			answer.NextToken = base64.StdEncoding.EncodeToString(last)
			break
		}
		answer.QueueURLs = append(answer.QueueURLs, url(r, name))
		last = []byte(name)
	}
	return answer, nil
}

type setQueueAttributesRequest struct {
	ofQueue
	Attributes map[string]string
}

func (q *Queues) setQueueAttributes(_ *http.Request, request *setQueueAttributesRequest) (any, error) {
	return empty{}, q.change(request.queue(), request.Attributes)
}

func (q *Queues) purgeQueue(_ *http.Request, request *ofQueue) (any, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	queue, err := q.named(request.queue())
	if err != nil {
		return nil, err
	}
	return empty{}, queue.purge(time.Now(), q.scale(purgePause))
}

type getQueueAttributesRequest struct {
	ofQueue
	AttributeNames []string
}

func (q *Queues) getQueueAttributes(_ *http.Request, request *getQueueAttributesRequest) (any, error) {
	if err := q.countOnce(request.queue()); err != nil {
		return nil, err
	}
	var all map[string]string
	if err := q.use(request.queue(), func(queue *queue) (err error) {
		all, err = queue.attributes(time.Now())
		return err
	}); err != nil {
		return nil, err
	}
	asked := map[string]string{}
	for _, name := range request.AttributeNames {
		switch value, set := all[name]; {
		case name == "All":
			maps.Copy(asked, all)
		case set:
			asked[name] = value
		case !settable(name):
			return nil, refuse(invalidAttributeName, "Unknown Attribute %s.", name)
		}
	}
	return struct {
		Attributes map[string]string `json:",omitempty"`
	}{asked}, nil
}

// countOnce counts the messages of a queue if they have not been counted yet.
func (q *Queues) countOnce(name string) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	queue, err := q.named(name)
	if err != nil || queue.counted {
		return err
	}
	return queue.count()
}

// attributes are all attributes that have a value.
func (q *queue) attributes(now time.Time) (map[string]string, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	late, received, err := q.hidden(now)
	if err != nil {
		return nil, err
	}
	all := maps.Clone(q.settings.values)
	all["QueueArn"] = q.arn()
	all["ApproximateNumberOfMessages"] = strconv.Itoa(q.stored - late - received)
	all["ApproximateNumberOfMessagesDelayed"] = strconv.Itoa(late)
	all["ApproximateNumberOfMessagesNotVisible"] = strconv.Itoa(received)
	all["CreatedTimestamp"] = strconv.FormatInt(q.definition.Created.Unix(), 10)
	all["LastModifiedTimestamp"] = strconv.FormatInt(q.definition.Modified.Unix(), 10)
	return all, nil
}
