package social

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"

	"github.com/bayon-coagent/event-consumers/internal/table"
)

// ConnectionKey is the key of an agent's connection to a platform.
func ConnectionKey(userID, platform string) table.Key {
	return table.UserKey(userID, "SOCIAL#"+strings.ToUpper(platform))
}

// Connection is an agent's connection to a platform. It holds tokens as they are stored, shows them to nobody, and is never
// written back.
type Connection struct {
	encoded bool  // tokens are base64, of themselves or of a KMS ciphertext
	token   Token // as it is stored
	expires table.Milliseconds
	userID  string
	pages   []connectedPage
}

// connectedPage is a Facebook page that the agent lets us act for.
type connectedPage struct {
	id, instagramID string
	token           Token
}

// storedPage is a page as the Graph API's GET /me/accounts tells it, which is how the platform stores it.
type storedPage struct {
	ID          string `dynamodbav:"id"`
	AccessToken string `dynamodbav:"access_token"`
	Instagram   struct {
		ID string `dynamodbav:"id"`
	} `dynamodbav:"instagram_business_account"`
}

// ConnectionOf reads a connection, of which there are two shapes at one key: one with platform, whose tokens are base64, and
// one with provider, whose tokens are plain. It fails with *table.MalformedError.
func ConnectionOf(item table.Item) (Connection, error) {
	var stored struct {
		Platform    string             `dynamodbav:"platform"`
		Provider    string             `dynamodbav:"provider"`
		AccessToken string             `dynamodbav:"accessToken"`
		ExpiresAt   table.Milliseconds `dynamodbav:"expiresAt"`
		UserID      string             `dynamodbav:"platformUserId"`
		Metadata    struct {
			Pages []table.Raw `dynamodbav:"pages"`
		} `dynamodbav:"metadata"`
	}
	if err := table.Decode(item, &stored); err != nil {
		return Connection{}, err
	}
	if stored.Platform == "" && stored.Provider == "" {
		return Connection{}, &table.MalformedError{Key: item.Key, Err: errors.New("neither platform nor provider is there")}
	}
	connection := Connection{
		encoded: stored.Platform != "",
		token:   NewToken(stored.AccessToken),
		expires: stored.ExpiresAt,
		userID:  stored.UserID,
	}
	for _, raw := range stored.Metadata.Pages {
		var page storedPage
		if attributevalue.Unmarshal(raw.AttributeValue, &page) != nil || page.AccessToken == "" {
			continue // one bad page does not spoil the others
		}
		connection.pages = append(connection.pages, connectedPage{page.ID, page.Instagram.ID, NewToken(page.AccessToken)})
	}
	return connection, nil
}

// Decrypt opens a KMS ciphertext.
type Decrypt func(ctx context.Context, ciphertext []byte) ([]byte, error)

// Account is a channel's account with the token that posts to it: for Facebook and Instagram the page's own where it is
// there, else the connection's. Without the channel's id it is the user who connected. Only what is a KMS ciphertext is
// decrypted, and nothing but the token that is needed.
//
// It fails with *UnauthorizedError if the connection is expired or has no token that can be used, and with what decrypt
// fails with.
func (c Connection) Account(
	ctx context.Context, channelAccountID, platform string, decrypt Decrypt, now time.Time,
) (Account, error) {
	if c.expires != 0 && !now.Before(c.expires.Date().Time) {
		return Account{}, &UnauthorizedError{Reason: reasonExpired}
	}
	account := Account{ID: channelAccountID}
	if account.ID == "" {
		account.ID = c.userID
	}
	stored, form := c.token, plain
	if c.encoded {
		form = encoded
	}
	if platform == Facebook || platform == Instagram {
		for _, page := range c.pages {
			if page.id == account.ID || platform == Instagram && page.instagramID == account.ID {
				stored = page.token
				if c.encoded {
					form = plainOrEncrypted
				}
				break
			}
		}
	}
	token, err := open(ctx, stored.reveal(), form, decrypt)
	if err != nil {
		return Account{}, err
	}
	account.Token = token
	return account, nil
}

// form is how a token is stored.
type form int

const (
	plain            form = iota
	encoded               // base64, of itself or of a KMS ciphertext
	plainOrEncrypted      // as the network gave it, or base64 of a KMS ciphertext
)

// open makes a stored text the token that it stands for.
func open(ctx context.Context, stored string, form form, decrypt Decrypt) (Token, error) {
	stored = strings.TrimSpace(stored)
	if stored == "" {
		return Token{}, &UnauthorizedError{Reason: reasonMissing}
	}
	secret := []byte(stored)
	decoded, err := decodeBase64(stored)
	switch {
	case form != plain && err == nil && isCiphertext(decoded):
		if decrypt == nil {
			return Token{}, errors.New("decrypt a token: there is no way to")
		}
		if secret, err = decrypt(ctx, decoded); err != nil {
			return Token{}, fmt.Errorf("decrypt a token: %w", err)
		}
	case form == encoded && err != nil:
		return Token{}, &UnauthorizedError{Reason: reasonUnreadable}
	case form == encoded:
		secret = decoded
	}
	token := strings.TrimSpace(string(secret))
	if token == "" {
		return Token{}, &UnauthorizedError{Reason: reasonMissing}
	}
	if !isVisible(token) {
		return Token{}, &UnauthorizedError{Reason: reasonUnreadable}
	}
	return NewToken(token), nil
}

// decodeBase64 reads both alphabets, padded or not.
func decodeBase64(text string) ([]byte, error) {
	text = strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(text, "="))
	return base64.RawStdEncoding.DecodeString(text)
}

// isCiphertext tells whether bytes are a ciphertext of a symmetric KMS key, by its header. AWS documents that there is a header
// in clear which names the key, and not how it is laid out
// (https://docs.aws.amazon.com/kms/latest/cryptographic-details/customer-data-operations.html). All that have been seen begin
// 01 01 02 00 78 or 01 02 02 00 78, and have 32 bytes then that are the same for the same key.
//
// No token in base64 can be mistaken for a ciphertext, because tokens have visible characters only. A plain one could: LinkedIn's
// begin with AQ, which reads as base64 of a byte 01. That is why those that are known to be plain are not tried.
func isCiphertext(decoded []byte) bool {
	const key = 32
	for _, header := range [][]byte{{1, 1, 2, 0, 0x78}, {1, 2, 2, 0, 0x78}} {
		if bytes.HasPrefix(decoded, header) && len(decoded) > len(header)+key {
			return true
		}
	}
	return false
}
