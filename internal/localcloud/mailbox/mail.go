package mailbox

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"time"
)

// Mail is a mail that was taken, decoded.
type Mail struct {
	From    string            `json:"from"`
	To      []string          `json:"to"`
	Subject string            `json:"subject"`
	Headers map[string]string `json:"headers"` // those that the client has added, by the names it gave them
	Text    string            `json:"text"`
	HTML    string            `json:"html"`
	SentAt  time.Time         `json:"sentAt"`

	Number           uint64            `json:"number"` // from 1, in the order in which mail was taken
	MessageID        string            `json:"messageId"`
	CC               []string          `json:"cc,omitempty"`
	BCC              []string          `json:"bcc,omitempty"`
	ReplyTo          []string          `json:"replyTo,omitempty"`
	ConfigurationSet string            `json:"configurationSet,omitempty"`
	Tags             map[string]string `json:"tags,omitempty"`
}

// Mails returns all mail that was taken, oldest first.
func (m *Mailbox) Mails() ([]Mail, error) {
	mails := []Mail{}
	err := m.space.Scan(nil, nil, func(_, value []byte) (bool, error) {
		var taken Mail
		if err := json.Unmarshal(value, &taken); err != nil {
			return false, fmt.Errorf("read a mail: %w", err)
		}
		mails = append(mails, taken)
		return true, nil
	})
	return mails, err
}

// take keeps a mail, and returns it with its number.
func (m *Mailbox) take(mail Mail) (Mail, error) {
	mail.Number = m.last.Add(1)
	mail.SentAt = m.now().UTC()
	mail.MessageID = messageID(mail.SentAt)
	encoded, err := json.Marshal(mail)
	if err != nil {
		return Mail{}, fmt.Errorf("encode a mail: %w", err)
	}
	batch := m.space.Batch()
	batch.Set(binary.BigEndian.AppendUint64(nil, mail.Number), encoded)
	return mail, batch.Apply()
}

func (m *Mailbox) lastNumber() (last uint64, err error) {
	err = m.space.ScanReverse(nil, nil, func(key, _ []byte) (bool, error) {
		const keyLength = 8
		if len(key) != keyLength {
			return false, fmt.Errorf("the state holds no mail at %x", key)
		}
		last = binary.BigEndian.Uint64(key)
		return false, nil
	})
	return last, err
}
