package queue

import (
	"regexp"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
)

// The limits of a batch.
const (
	mostEntries = 10
	mostBytes   = 1 << 20
)

var entryID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,80}$`)

// failed says why an entry of a batch was not done.
type failed struct {
	ID          string `json:"Id"`
	SenderFault bool
	Code        string
	Message     string
}

// batchAnswer is the answer of all batch operations.
type batchAnswer struct {
	Successful []any
	Failed     []failed `json:",omitempty"`
}

// settle adds what became of one entry: done if it has no error.
func (b *batchAnswer) settle(entryID string, done any, err error) error {
	if err == nil {
		b.Successful = append(b.Successful, done)
		return nil
	}
	refusal, isRefusal := err.(*awsapi.Error) //nolint:errorlint // only what is a refusal itself is one of the entry
	if !isRefusal {
		return err
	}
	b.Failed = append(b.Failed, failed{ID: entryID, SenderFault: true, Code: refusal.Code, Message: refusal.Message})
	return nil
}

// checkBatch refuses what SQS refuses of the entries of a batch, given their ids.
func checkBatch(ids []string) error {
	switch {
	case len(ids) == 0:
		return refuse(emptyBatchRequest, "There should be at least one entry in the request.")
	case len(ids) > mostEntries:
		return refuse(tooManyEntriesInBatchRequest,
			"Maximum number of entries per request are %d. You have sent %d.", mostEntries, len(ids))
	}
	seen := map[string]bool{}
	for _, id := range ids {
		if !entryID.MatchString(id) {
			return refuse(invalidBatchEntryID, "A batch entry id can only contain alphanumeric characters, hyphens and underscores. "+
				"It can be at most 80 letters long.")
		}
		if seen[id] {
			return refuse(batchEntryIDsNotDistinct, "Id %s repeated.", id)
		}
		seen[id] = true
	}
	return nil
}
