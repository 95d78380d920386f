package dynamo_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestTransactionsAreMadeTogether(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.put(ab+`,"n":{"N":"1"}`, `"PK":{"S":"c"},"SK":{"S":"d"},"G":{"S":"g"},"H":{"N":"1"}`, `"PK":{"S":"e"},"SK":{"S":"f"}`)
	c.expect("TransactWriteItems", `{"TransactItems":[
		{"Update":{"TableName":"letters","Key":{`+ab+`},"UpdateExpression":"SET n = n + :one","ConditionExpression":"n = :one",
			"ExpressionAttributeValues":{":one":{"N":"1"}}}},
		{"Delete":{"TableName":"letters","Key":{"PK":{"S":"c"},"SK":{"S":"d"}}}},
		{"ConditionCheck":{"TableName":"letters","Key":{"PK":{"S":"e"},"SK":{"S":"f"}},"ConditionExpression":"attribute_exists(PK)"}},
		{"Put":{"TableName":"numbers","Item":{"id":{"N":"1"}},"ConditionExpression":"attribute_not_exists(id)"}}]}`, `{}`)
	c.expect("TransactGetItems", `{"TransactItems":[
		{"Get":{"TableName":"letters","Key":{`+ab+`},"ProjectionExpression":"#n","ExpressionAttributeNames":{"#n":"n"}}},
		{"Get":{"TableName":"letters","Key":{"PK":{"S":"c"},"SK":{"S":"d"}}}},
		{"Get":{"TableName":"letters","Key":{"PK":{"S":"e"},"SK":{"S":"f"}}}},
		{"Get":{"TableName":"numbers","Key":{"id":{"N":"1"}}}}]}`,
		`{"Responses":[{"Item":{"n":{"N":"2"}}},{},{"Item":{"PK":{"S":"e"},"SK":{"S":"f"}}},{"Item":{"id":{"N":"1"}}}]}`)
	if got := c.page("Scan", `{"TableName":"letters","IndexName":"all"}`); got.Count != 0 {
		t.Errorf("the index still has %d entries", got.Count)
	}
}

func TestCancelledTransactions(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.put(ab + `,"n":{"N":"1"}`)
	put := `{"Put":{"TableName":"numbers","Item":{"id":{"N":"1"}}}}`
	tests := []struct{ name, part, codes, reason string }{
		{"condition", `{"Delete":{"TableName":"letters","Key":{` + ab + `},"ConditionExpression":"attribute_not_exists(PK)"}}`,
			"ConditionalCheckFailed",
			`{"Code":"ConditionalCheckFailed","Message":"The conditional request failed"}`},
		{"condition with item", `{"ConditionCheck":{"TableName":"letters","Key":{` + ab +
			`},"ConditionExpression":"attribute_not_exists(PK)",
			"ReturnValuesOnConditionCheckFailure":"ALL_OLD"}}`, "ConditionalCheckFailed",
			`{"Code":"ConditionalCheckFailed","Message":"The conditional request failed","Item":{` + ab + `,"n":{"N":"1"}}}`},
		{"condition without item", `{"Update":{"TableName":"letters","Key":{"PK":{"S":"x"},"SK":{"S":"y"}},"UpdateExpression":"REMOVE n",
			"ConditionExpression":"attribute_exists(PK)","ReturnValuesOnConditionCheckFailure":"ALL_OLD"}}`, "ConditionalCheckFailed",
			`{"Code":"ConditionalCheckFailed","Message":"The conditional request failed"}`},
		{"operand", `{"Update":{"TableName":"letters","Key":{` + ab + `},"UpdateExpression":"SET n = q"}}`, "ValidationError",
			`{"Code":"ValidationError","Message":"The provided expression refers to an attribute that does not exist in the item"}`},
		{"key", `{"Put":{"TableName":"letters","Item":{"PK":{"S":"a"}}}}`, "ValidationError",
			`{"Code":"ValidationError","Message":"One or more parameter values were invalid: Missing the key SK in the item"}`},
		{"change of the key", `{"Update":{"TableName":"letters","Key":{` + ab + `},"UpdateExpression":"REMOVE PK"}}`, "ValidationError",
			`{"Code":"ValidationError","Message":"One or more parameter values were invalid: Cannot update attribute PK. This attribute is part of the key"}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			refused := c.refuse("TransactWriteItems", `{"TransactItems":[`+put+`,`+test.part+`]}`, "TransactionCanceledException",
				"Transaction cancelled, please refer cancellation reasons for specific reasons [None, "+test.codes+"]")
			reasons, _ := refused.Fields["CancellationReasons"].(json.RawMessage)
			if diff := cmp.Diff(decoded(t, `[{"Code":"None"},`+test.reason+`]`), decoded(t, string(reasons))); diff != "" {
				t.Error(diff)
			}
			c.expect("GetItem", `{"TableName":"numbers","Key":{"id":{"N":"1"}}}`, `{}`)
		})
	}
	if got := c.get(ab); got != `{`+ab+`,"n":{"N":"1"}}` {
		t.Errorf("a cancelled transaction left %s", got)
	}
	c.refuse("TransactGetItems", `{"TransactItems":[{"Get":{"TableName":"numbers","Key":{"id":{"S":"1"}}}}]}`,
		"TransactionCanceledException",
		"Transaction cancelled, please refer cancellation reasons for specific reasons [ValidationError]")
}

func TestTransactionsAreRefused(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	const (
		one   = "1 validation error detected: "
		null  = " failed to satisfy constraint: Member must not be null"
		twice = "Transaction request cannot include multiple operations on one item"
	)
	putNumber := func(n int) string {
		return fmt.Sprintf(`{"Put":{"TableName":"numbers","Item":{"id":{"N":"%d"}}}}`, n)
	}
	many := func(count int) string {
		parts := make([]string, count)
		for i := range parts {
			parts[i] = putNumber(i)
		}
		return strings.Join(parts, ",")
	}
	c.answer("TransactWriteItems", `{"TransactItems":[`+many(100)+`]}`)
	tests := []struct{ operation, members, want string }{
		{"TransactWriteItems", `"TransactItems":[]`, one + "Value '[]' at 'transactItems' failed to satisfy constraint: " +
			"Member must have length greater than or equal to 1"},
		{"TransactWriteItems", `"TransactItems":[` + many(101) + `]`, one +
			"Value '[…]' at 'transactItems' failed to satisfy constraint: " +
			"Member must have length less than or equal to 100"},
		{"TransactWriteItems", `"TransactItems":[` + putNumber(1) + `,{"Delete":{"TableName":"numbers","Key":{"id":{"N":"1.0"}}}}]`,
			twice},
		{"TransactWriteItems", `"TransactItems":[{}]`, "Invalid Request: TransactWriteRequest should contain Delete or Put or Update " +
			"request"},
		{"TransactWriteItems", `"TransactItems":[{"Get":{"TableName":"numbers","Key":{"id":{"N":"1"}}}}]`,
			"Invalid Request: TransactWriteRequest should contain Delete or Put or Update request"},
		{"TransactWriteItems", `"TransactItems":[{"Put":{"TableName":"numbers","Item":{"id":{"N":"1"}}},
			"Delete":{"TableName":"numbers","Key":{"id":{"N":"1"}}}}]`,
			"TransactItems can only contain one of Check, Put, Update or Delete"},
		{"TransactWriteItems", `"TransactItems":[{"ConditionCheck":{"TableName":"numbers","Key":{"id":{"N":"1"}}}}]`,
			one + "Value null at 'transactItems.1.member.conditionCheck.conditionExpression'" + null},
		{"TransactWriteItems", `"TransactItems":[{"Update":{"TableName":"numbers","Key":{"id":{"N":"1"}}}}]`,
			one + "Value null at 'transactItems.1.member.update.updateExpression'" + null},
		{"TransactWriteItems", `"TransactItems":[` + putNumber(1) + `,{"Delete":{"TableName":"numbers"}}]`,
			one + "Value null at 'transactItems.2.member.delete.key'" + null},
		{"TransactWriteItems", `"TransactItems":[{"Put":{"TableName":"numbers"}}]`, one +
			"Value null at 'transactItems.1.member.put.item'" + null},
		{"TransactWriteItems", `"TransactItems":[{"Update":{"TableName":"numbers","Key":{"id":{"N":"1"}},
			"UpdateExpression":"SET a = :v"}}]`,
			"Invalid UpdateExpression: An expression attribute value used in expression is not defined; attribute value: :v"},
		{"TransactWriteItems", `"TransactItems":[{"Put":{"TableName":"numbers","Item":{"id":{"N":"1"}},"Expected":{}}}]`,
			"The parameter Expected is from before expressions, and the local cloud does not support it: use ConditionExpression."},
		{"TransactWriteItems", `"ClientRequestToken":"` + strings.Repeat("x", 37) + `","TransactItems":[` + putNumber(1) + `]`, one +
			"Value '" +
			strings.Repeat("x", 37) + "' at 'clientRequestToken' failed to satisfy constraint: Member must have length less than or " +
			"equal to 36"},
		{"TransactGetItems", `"TransactItems":[` + putNumber(1) + `]`, "Invalid Request: TransactGetRequest should contain Get request"},
		{"TransactGetItems", `"TransactItems":[{"Get":{"TableName":"numbers","Key":{"id":{"N":"1"}}}},{"Get":{"TableName":"numbers",
			"Key":{"id":{"N":"1"}}}}]`, twice},
	}
	for _, test := range tests {
		c.invalid(test.operation, `{`+test.members+`}`, test.want)
	}
	for _, operation := range []string{"TransactWriteItems", "TransactGetItems"} {
		kind := map[string]string{"TransactWriteItems": "Delete", "TransactGetItems": "Get"}[operation]
		c.refuse(operation, `{"TransactItems":[{"`+kind+`":{"TableName":"nowhere","Key":{"id":{"N":"1"}}}}]}`,
			"ResourceNotFoundException", "Requested resource not found")
	}
	large := make([]string, 11)
	for i := range large {
		large[i] = fmt.Sprintf(`{"Put":{"TableName":"numbers","Item":{"id":{"N":"%d"},"x":{"S":"%s"}}}}`, i+1, strings.Repeat("x",
			390000-5))
	}
	c.answer("TransactWriteItems", `{"TransactItems":[`+strings.Join(large[:10], ",")+`]}`)
	c.answer("TransactWriteItems", `{"TransactItems":[`+large[10]+`]}`)
	gets := make([]string, 11)
	for i := range gets {
		gets[i] = fmt.Sprintf(`{"Get":{"TableName":"numbers","Key":{"id":{"N":"%d"}}}}`, i+1)
	}
	c.answer("TransactGetItems", `{"TransactItems":[`+strings.Join(gets[:10], ",")+`]}`)
	c.invalid("TransactGetItems", `{"TransactItems":[`+strings.Join(gets, ",")+`]}`,
		fmt.Sprintf("Transaction payload size cannot exceed 4MB. Payload Size: %d", 11*390000))
	c.invalid("TransactWriteItems", `{"TransactItems":[`+strings.Join(large, ",")+`]}`,
		fmt.Sprintf("Transaction payload size cannot exceed 4MB. Payload Size: %d", 11*390000))
}

func TestATransactionWithATokenIsMadeOnce(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0)
	c := newCloud(t, at(&now))
	const part = `{"Update":{"TableName":"numbers","Key":{"id":{"N":"1"}},"UpdateExpression":"ADD #n :one",
		"ExpressionAttributeNames":{"#n":"n"},` +
		`"ExpressionAttributeValues":{":one":{"N":"1"},":two":{"N":"2"}},
			"ConditionExpression":"attribute_not_exists(n) OR n < :two OR n >= :two"}}`
	const reordered = `{"Update":{"ConditionExpression":"attribute_not_exists(n) OR n < :two OR n >= :two",
		"ExpressionAttributeValues":{":two":{"N":"2.0"},` +
		`":one":{"N":"1"}},"ExpressionAttributeNames":{"#n":"n"},"UpdateExpression":"ADD #n :one","Key":{"id":{"N":"1"}},
			"TableName":"numbers"}}`
	count := func(want string) {
		t.Helper()
		c.expect("GetItem", `{"TableName":"numbers","Key":{"id":{"N":"1"}},"ProjectionExpression":"n"}`,
			`{"Item":{"n":{"N":"`+want+`"}}}`)
	}
	token := `{"ClientRequestToken":"t1","TransactItems":[`
	c.expect("TransactWriteItems", token+part+`]}`, `{}`)
	c.expect("TransactWriteItems", token+part+`]}`, `{}`)
	c.expect("TransactWriteItems", token+reordered+`]}`, `{}`)
	count("1")
	const mismatch = "The request uses the same client token as a previous, but non-identical request."
	for _, other := range []string{
		strings.Replace(part, `":one":{"N":"1"}`, `":one":{"N":"3"}`, 1), strings.Replace(part, `"id":{"N":"1"}`, `"id":{"N":"2"}`, 1),
		strings.Replace(part, `ADD #n`, `ADD  #n`, 1), part + `,{"Delete":{"TableName":"numbers","Key":{"id":{"N":"2"}}}}`,
		strings.Replace(part, `"#n":"n"`, `"#n":"m"`, 1), strings.Replace(part, `n >= :two`, `n > :two`, 1),
	} {
		c.refuse("TransactWriteItems", token+other+`]}`, "IdempotentParameterMismatchException", mismatch)
	}
	c.expect("TransactWriteItems", `{"ClientRequestToken":"t2","TransactItems":[`+part+`]}`, `{}`)
	c.expect("TransactWriteItems", `{"TransactItems":[`+part+`]}`, `{}`)
	count("3")

	now = now.Add(10*time.Minute - time.Second)
	c.expect("TransactWriteItems", token+part+`]}`, `{}`)
	count("3")
	now = now.Add(time.Second)
	c.expect("TransactWriteItems", token+part+`]}`, `{}`)
	count("4")
	if _, err := c.Sweep(context.Background(), now); err != nil {
		t.Fatal(err)
	}
	c.expect("TransactWriteItems", token+part+`]}`, `{}`) // used again, so not forgotten with its first use
	count("4")
	c.expect("TransactWriteItems", `{"ClientRequestToken":"t2","TransactItems":[`+part+`]}`, `{}`)
	count("5")
}

func TestAFailedTransactionUsesNoToken(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.put(ab)
	body := `{"ClientRequestToken":"t","TransactItems":[{"Put":{"TableName":"letters","Item":{` + ab +
		`,"n":{"N":"1"}},"ConditionExpression":"attribute_not_exists(PK)"}}]}`
	for range 2 {
		c.refuse("TransactWriteItems", body, "TransactionCanceledException",
			"Transaction cancelled, please refer cancellation reasons for specific reasons [ConditionalCheckFailed]")
	}
	c.answer("DeleteItem", `{"TableName":"letters","Key":{`+ab+`}}`)
	c.answer("TransactWriteItems", body)
}

// Money moves between accounts in transactions; nobody who reads them together ever sees another sum.
func TestTransactionsAreIsolated(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	const accounts, movers, moves = 4, 8, 200
	for i := range accounts {
		c.answer("PutItem", fmt.Sprintf(`{"TableName":"numbers","Item":{"id":{"N":"%d"},"n":{"N":"100"}}}`, i))
	}
	var work, watch sync.WaitGroup
	for mover := range movers {
		work.Go(func() {
			for move := range moves {
				from, to := (mover+move)%accounts, (mover+2*move+1)%accounts
				if from == to {
					continue
				}
				c.answer("TransactWriteItems", fmt.Sprintf(`{"TransactItems":[
					{"Update":{"TableName":"numbers","Key":{"id":{"N":"%d"}},"UpdateExpression":"SET n = n - :x",
						"ExpressionAttributeValues":{":x":{"N":"1"}}}},
					{"Update":{"TableName":"numbers","Key":{"id":{"N":"%d"}},"UpdateExpression":"SET n = n + :x",
						"ExpressionAttributeValues":{":x":{"N":"1"}}}}]}`, from, to))
			}
		})
	}
	done := make(chan struct{})
	watch.Go(func() {
		for {
			if sum := c.sum(accounts); sum != 100*accounts {
				t.Errorf("the sum is %d", sum)
			}
			select {
			case <-done:
				return
			default:
			}
		}
	})
	work.Wait()
	close(done)
	watch.Wait()
	if sum := c.sum(accounts); sum != 100*accounts {
		t.Errorf("the sum is %d in the end", sum)
	}
}

// sum adds what accounts hold, read together.
func (c cloud) sum(accounts int) int {
	parts := make([]string, accounts)
	for i := range parts {
		parts[i] = fmt.Sprintf(`{"Get":{"TableName":"numbers","Key":{"id":{"N":"%d"}}}}`, i)
	}
	var answer struct {
		Responses []struct {
			Item struct{ N struct{ N json.Number } }
		}
	}
	if err := json.Unmarshal([]byte(c.answer("TransactGetItems", `{"TransactItems":[`+strings.Join(parts, ",")+`]}`)),
		&answer); err != nil {
		c.Fatal(err)
	}
	sum := 0
	for _, response := range answer.Responses {
		n, _ := response.Item.N.N.Int64()
		sum += int(n)
	}
	return sum
}

// Writes of one item are made one after the other, and each sees the one before.
func TestCountersLoseNothing(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	const writers, times = 8, 100
	var work sync.WaitGroup
	for range writers {
		work.Go(func() {
			for range times {
				c.answer("UpdateItem", `{"TableName":"numbers","Key":{"id":{"N":"1"}},"UpdateExpression":"ADD n :x",
					"ExpressionAttributeValues":{":x":{"N":"1"}}}`)
			}
		})
	}
	won := make(chan int, writers)
	for writer := range writers {
		work.Go(func() {
			_, err := c.Call(t.Context(), "PutItem", fmt.Appendf(nil,
				`{"TableName":"letters","Item":{%s,"by":{"N":"%d"}},"ConditionExpression":"attribute_not_exists(PK)"}`, ab, writer))
			if err == nil {
				won <- writer
			}
		})
	}
	work.Wait()
	close(won)
	c.expect("GetItem", `{"TableName":"numbers","Key":{"id":{"N":"1"}}}`, fmt.Sprintf(`{"Item":{"id":{"N":"1"},"n":{"N":"%d"}}}`,
		writers*times))
	if winner, more := <-won, len(won); more != 0 || c.get(ab) != fmt.Sprintf(`{%s,"by":{"N":"%d"}}`, ab, winner) {
		t.Errorf("%d conditional puts succeeded, one by %d: %s", more+1, winner, c.get(ab))
	}
}
