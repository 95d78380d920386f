// Package ownership tells whose token it is, as the real networks know it: by who keeps the token in the functions' table.
//
// X, the blog and the newsletter are not told for which account a post is; they know it by the token. The local cloud takes
// any token. So it looks for the agent whose social connection holds it, and takes the account that the agent posts to there.
package ownership

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Register knows the connections of a table. The zero Register knows none. It is safe for concurrent use.
type Register struct {
	Database dynamodb.QueryAPIClient
	// Table is the name of the table; empty as long as there is none.
	Table func() string
	// Decrypt opens a token that is a KMS ciphertext.
	Decrypt func(ciphertext []byte) ([]byte, error)

	holders sync.Map // the agents who were last seen with a token, by its digest: looking through all takes long
}

// connection is what is read of a social connection.
type connection struct {
	PK, SK string
	Data   struct {
		AccessToken    string `dynamodbav:"accessToken"`
		PlatformUserID string `dynamodbav:"platformUserId"`
	}
}

// scheduled is what is read of scheduled content.
type scheduled struct {
	Data struct {
		Channels []struct {
			Type      string `dynamodbav:"type"`
			AccountID string `dynamodbav:"accountId"`
		} `dynamodbav:"channels"`
	}
}

// Owner is the account of a token on a platform: the one that all scheduled content of the agent is for, or else the user who
// connected. It is not known if nobody has the token. It fails if the table cannot be read: then somebody may have it.
func (r *Register) Owner(ctx context.Context, platform, token string) (account string, known bool, err error) {
	if r.Table == nil || r.Table() == "" {
		return "", false, nil
	}
	digest := sha256.Sum256([]byte(platform + "\x00" + token))
	var held connection
	agent, found := r.holders.Load(digest)
	if found {
		held, found, err = r.holder(ctx, platform, token, r.query("PK = :agent AND SK = :connection",
			map[string]string{":agent": agent.(string), ":connection": sortKey(platform)}, ""))
	}
	if err == nil && !found {
		held, found, err = r.holder(ctx, platform, token, r.query("EntityType = :type", map[string]string{":type": "SocialConnection"}, "EntityTypeIndex"))
	}
	if err != nil || !found {
		return "", false, err
	}
	r.holders.Store(digest, held.PK)
	account, err = r.postedTo(ctx, held.PK, platform)
	if account == "" {
		account = held.Data.PlatformUserID
	}
	return account, account != "", err
}

func sortKey(platform string) string { return "SOCIAL#" + strings.ToUpper(platform) }

// holder looks for the connection to a platform that has a token. What is no connection has none.
func (r *Register) holder(ctx context.Context, platform, token string, pages *dynamodb.QueryPaginator) (connection, bool, error) {
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return connection{}, false, fmt.Errorf("read who holds a token: %w", err)
		}
		for _, item := range page.Items {
			var held connection
			if attributevalue.UnmarshalMap(item, &held) == nil && held.SK == sortKey(platform) && r.holds(held, token) {
				return held, true, nil
			}
		}
	}
	return connection{}, false, nil
}

func (r *Register) query(condition string, values map[string]string, index string) *dynamodb.QueryPaginator {
	input := &dynamodb.QueryInput{TableName: aws.String(r.Table()), KeyConditionExpression: &condition, ExpressionAttributeValues: map[string]types.AttributeValue{}}
	if index != "" {
		input.IndexName = aws.String(index)
	}
	for name, value := range values {
		input.ExpressionAttributeValues[name] = &types.AttributeValueMemberS{Value: value}
	}
	return dynamodb.NewQueryPaginator(r.Database, input)
}

// holds tells whether a connection has a token: as it is, in base64, or encrypted.
func (r *Register) holds(held connection, token string) bool {
	stored := held.Data.AccessToken
	if stored == token {
		return true
	}
	decoded, err := base64.StdEncoding.DecodeString(stored)
	if err != nil {
		return false
	}
	if string(decoded) == token {
		return true
	}
	opened, err := r.Decrypt(decoded)
	return err == nil && string(opened) == token
}

// postedTo is the one account of a platform that an agent's scheduled content is for; empty if there is none, or several.
func (r *Register) postedTo(ctx context.Context, agent, platform string) (account string, err error) {
	pages := r.query("PK = :agent AND begins_with(SK, :prefix)", map[string]string{":agent": agent, ":prefix": "SCHEDULE#"}, "")
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return "", fmt.Errorf("read which account content is for: %w", err)
		}
		for _, item := range page.Items {
			var content scheduled
			if attributevalue.UnmarshalMap(item, &content) != nil {
				continue // content that cannot be read is for nobody
			}
			for _, channel := range content.Data.Channels {
				if channel.Type != platform || channel.AccountID == account {
					continue
				}
				if account != "" {
					return "", nil
				}
				account = channel.AccountID
			}
		}
	}
	return account, nil
}
