package idempotency_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/bayon-coagent/event-consumers/internal/idempotency"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/dynamotest"
)

const tableName = "idempotency"

// records are the records of a new table; time is the test's bubble's.
func records(t *testing.T) *idempotency.Records {
	t.Helper()
	client, _ := dynamotest.Client(t)
	_, err := client.CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName:            aws.String(tableName),
		BillingMode:          types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("id"), AttributeType: types.ScalarAttributeTypeS}},
		KeySchema:            []types.KeySchemaElement{{AttributeName: aws.String("id"), KeyType: types.KeyTypeHash}},
	})
	if err != nil {
		t.Fatal(err)
	}
	var tokens atomic.Int64
	return idempotency.NewRecords(client, tableName, time.Now, func() string { return fmt.Sprint(tokens.Add(1)) })
}

func succeed(context.Context) error { return nil }

func TestActsOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		records := records(t)
		var acted int
		act := func(context.Context) error { acted++; return nil }
		for i, want := range []bool{true, false, false} {
			got, err := records.Once(t.Context(), "fact", fmt.Sprintf("request %d", i), act)
			if err != nil || got != want {
				t.Errorf("call %d: acted %v, error %v", i, got, err)
			}
		}
		if acted != 1 {
			t.Errorf("acted %d times", acted)
		}
		if got, err := records.Once(t.Context(), "another fact", "request 0", act); !got || err != nil {
			t.Errorf("another fact: acted %v, error %v", got, err)
		}
	})
}

func TestFailureFreesTheKey(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		records := records(t)
		broken := errors.New("broken")
		if acted, err := records.Once(t.Context(), "fact", "a", func(context.Context) error { return broken }); acted || !errors.Is(err, broken) {
			t.Fatalf("acted %v, error %v", acted, err)
		}
		if acted, err := records.Once(t.Context(), "fact", "b", succeed); !acted || err != nil {
			t.Errorf("after a failure: acted %v, error %v", acted, err)
		}
	})
}

func TestFailureFreesTheKeyWhenTheContextHasEnded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		records := records(t)
		ctx, cancel := context.WithCancel(t.Context())
		_, err := records.Once(ctx, "fact", "a", func(context.Context) error { cancel(); return context.Canceled })
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		if acted, err := records.Once(t.Context(), "fact", "b", succeed); !acted || err != nil {
			t.Errorf("acted %v, error %v", acted, err)
		}
	})
}

func TestSameRequestTakesOverAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		records := records(t)
		crashed, err := records.Claim(t.Context(), "fact", "request", time.Now().Add(time.Minute))
		if err != nil {
			t.Fatal(err)
		}
		begun := time.Now()
		if acted, err := records.Once(t.Context(), "fact", "request", succeed); !acted || err != nil {
			t.Errorf("acted %v, error %v", acted, err)
		}
		if waited := time.Since(begun); waited != 0 {
			t.Errorf("waited %s", waited)
		}
		if err := crashed.Complete(t.Context()); !errors.Is(err, idempotency.ErrTakenOver) {
			t.Errorf("the former owner completes: %v", err)
		}
		if err := crashed.Release(t.Context()); !errors.Is(err, idempotency.ErrTakenOver) {
			t.Errorf("the former owner releases: %v", err)
		}
	})
}

func TestDuplicateWaitsForTheEnd(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		first error // of the first handler
		acts  bool  // whether the duplicate acts
	}{
		{"acknowledges what was done", nil, false},
		{"takes over what failed", errors.New("broken"), true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				records := records(t)
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				begun := make(chan struct{})
				go func() {
					_, _ = records.Once(ctx, "fact", "a", func(context.Context) error {
						close(begun)
						time.Sleep(5 * time.Second) // of the bubble's time
						return test.first
					})
				}()
				<-begun
				acted, err := records.Once(ctx, "fact", "b", succeed)
				if acted != test.acts || err != nil {
					t.Errorf("acted %v, error %v", acted, err)
				}
			})
		})
	}
}

func TestDuplicateTakesOverAfterTheDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		records := records(t)
		if _, err := records.Claim(t.Context(), "fact", "killed", time.Now().Add(10*time.Second)); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		begun := time.Now()
		if acted, err := records.Once(ctx, "fact", "b", succeed); !acted || err != nil {
			t.Fatalf("acted %v, error %v", acted, err)
		}
		if waited := time.Since(begun); waited <= 10*time.Second || waited > 13*time.Second {
			t.Errorf("took over after %s", waited)
		}
	})
}

func TestDuplicateGivesUpBeforeItsOwnDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		records := records(t)
		until := time.Now().Add(time.Minute).Truncate(time.Millisecond)
		if _, err := records.Claim(t.Context(), "fact", "slow", until); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		_, err := records.Once(ctx, "fact", "b", succeed)
		var busy *idempotency.InProgressError
		if !errors.As(err, &busy) || !busy.Until.Equal(until) {
			t.Errorf("error %v", err)
		}
		if ctx.Err() != nil {
			t.Error("it waited until its own time was over")
		}
	})
}

func TestCompletedIsForgottenAfterKeep(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		records := records(t)
		for _, step := range []struct {
			wait time.Duration
			acts bool
		}{{0, true}, {idempotency.Keep, false}, {time.Second, true}} {
			time.Sleep(step.wait)
			if acted, err := records.Once(t.Context(), "fact", "r", succeed); acted != step.acts || err != nil {
				t.Errorf("after %s more: acted %v, error %v", step.wait, acted, err)
			}
		}
	})
}

// Of any number of duplicates at once exactly one acts, and all succeed.
func TestDuplicatesAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		records := records(t)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		var acted atomic.Int64
		results := make(chan error)
		const duplicates = 20
		for i := range duplicates {
			go func() {
				_, err := records.Once(ctx, "fact", fmt.Sprintf("request %d", i), func(context.Context) error {
					time.Sleep(time.Second)
					acted.Add(1)
					return nil
				})
				results <- err
			}()
		}
		for range duplicates {
			if err := <-results; err != nil {
				t.Error(err)
			}
		}
		if acted.Load() != 1 {
			t.Errorf("acted %d times", acted.Load())
		}
	})
}
