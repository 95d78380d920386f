package ownership_test

import (
	"context"
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/ownership"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/platformtest"
)

func put(t *testing.T, database *dynamodb.Client, agent, sk, entity string, data any) {
	t.Helper()
	item, err := attributevalue.MarshalMap(map[string]any{"PK": "USER#" + agent, "SK": sk, "EntityType": entity, "CreatedAt": 1, "Data": data})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := database.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String(platformtest.Table), Item: item}); err != nil {
		t.Fatal(err)
	}
}

func TestOwners(t *testing.T) {
	t.Parallel()
	database, _ := platformtest.Database(t)
	connect := func(agent, platform, token, user string) {
		put(t, database, agent, "SOCIAL#"+platform, "SocialConnection", map[string]any{"accessToken": token, "platformUserId": user})
	}
	schedule := func(agent, id string, channels ...map[string]any) {
		put(t, database, agent, "SCHEDULE#"+id, "ScheduledContent", map[string]any{"channels": channels})
	}
	channel := func(platform, account string) map[string]any {
		return map[string]any{"type": platform, "accountId": account}
	}
	code := base64.StdEncoding.EncodeToString
	connect("plain", "TWITTER", "token-1", "")
	schedule("plain", "1", channel("facebook", "f-1"), channel("twitter", "x-1"))
	schedule("plain", "2", channel("twitter", "x-1"))
	connect("coded", "TWITTER", code([]byte("token-2")), "u-2")
	connect("sealed", "TWITTER", code([]byte("sealed:token-3")), "u-3")
	connect("several", "TWITTER", "token-4", "u-4")
	schedule("several", "1", channel("twitter", "x-4"), channel("twitter", "x-5"))
	connect("nobody", "TWITTER", "token-6", "")
	connect("blogger", "BLOG", "token-1", "b-1")
	put(t, database, "bad", "SOCIAL#TWITTER", "SocialConnection", "no map")
	put(t, database, "other", "SOCIAL#TWITTER#OLD", "SocialConnection", map[string]any{"accessToken": "token-7", "platformUserId": "u"})

	register := &ownership.Register{Database: database, Table: func() string { return platformtest.Table }, Decrypt: func(ciphertext []byte) ([]byte, error) {
		if plain, sealed := strings.CutPrefix(string(ciphertext), "sealed:"); sealed {
			return []byte(plain), nil
		}
		return nil, errors.New("no ciphertext")
	}}
	for _, test := range []struct{ name, platform, token, want string }{
		{"the account of all content", "twitter", "token-1", "x-1"},
		{"another platform", "blog", "token-1", "b-1"},
		{"in base64", "twitter", "token-2", "u-2"},
		{"encrypted", "twitter", "token-3", "u-3"},
		{"content for several", "twitter", "token-4", "u-4"},
		{"no content and no user", "twitter", "token-6", ""},
		{"another key", "twitter", "token-7", ""},
		{"a token of nobody", "twitter", "token-8", ""},
		{"no token", "twitter", "", ""},
	} {
		if account, known, err := register.Owner(t.Context(), test.platform, test.token); err != nil || account != test.want || known != (test.want != "") {
			t.Errorf("%s: %q, known %v, %v, want %q", test.name, account, known, err, test.want)
		}
	}
	connect("plain", "TWITTER", "token-9", "")
	connect("heir", "TWITTER", "token-1", "u-9")
	if account, _, err := register.Owner(t.Context(), "twitter", "token-1"); account != "u-9" {
		t.Errorf("a token that another agent has now is of %q, %v, want u-9", account, err)
	}
	if _, known, err := (&ownership.Register{}).Owner(t.Context(), "twitter", "token-1"); known || err != nil {
		t.Errorf("without a table somebody is known: %v, %v", known, err)
	}
}

// away is a database of which some queries fail.
type away struct {
	*dynamodb.Client

	failing func(*dynamodb.QueryInput) bool
}

var errAway = errors.New("the database is away")

func (a away) Query(ctx context.Context, input *dynamodb.QueryInput, options ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error) {
	if a.failing(input) {
		return nil, errAway
	}
	return a.Client.Query(ctx, input, options...)
}

func TestNobodyIsNotWhoCannotBeRead(t *testing.T) {
	t.Parallel()
	database, _ := platformtest.Database(t)
	put(t, database, "agent", "SOCIAL#TWITTER", "SocialConnection", map[string]any{"accessToken": "token", "platformUserId": "user"})
	failing := ""
	register := &ownership.Register{Table: func() string { return platformtest.Table }, Database: away{database, func(input *dynamodb.QueryInput) bool {
		return failing != "" && strings.Contains(*input.KeyConditionExpression, failing)
	}}}
	for _, which := range []string{"EntityType", "begins_with", "SK = "} { // the last one is asked once the holder is known
		failing = which
		if account, known, err := register.Owner(t.Context(), "twitter", "token"); !errors.Is(err, errAway) {
			t.Errorf("%s: %q, known %v, %v, want %v", which, account, known, err, errAway)
		}
		failing = ""
		if account, known, err := register.Owner(t.Context(), "twitter", "token"); account != "user" || !known || err != nil {
			t.Errorf("after %s: %q, known %v, %v, want user", which, account, known, err)
		}
	}
}
