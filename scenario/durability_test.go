package scenario_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/smithy-go"
)

var (
	kills    = flag.Int("kills", 6, "how many times TestStateSurvivesKills kills the local cloud; make durability kills it 200 times")
	killSeed = flag.Uint64("kill-seed", 0, "what the moments of the kills are drawn from; 0 for the time")
)

// witness works with the local cloud and remembers what it acknowledged.
type witness interface {
	// work makes calls until ctx ends. The local cloud may be killed during any of them.
	work(ctx context.Context)
	// check looks, after a start, whether what was acknowledged is there.
	check(ctx context.Context) error
	// close looks whether all is there that was ever acknowledged, when the local cloud is killed no more.
	close(ctx context.Context) error
	// acknowledged tells, in words, what was acknowledged.
	acknowledged() string
}

// TestStateSurvivesKills kills the local cloud at random moments, while it starts and while it works. Whatever it
// acknowledged must be there: items, transactions, messages, events.
func TestStateSurvivesKills(t *testing.T) {
	t.Parallel()
	if *killSeed == 0 {
		*killSeed = uint64(time.Now().UnixNano())
	}
	t.Logf("seed %d", *killSeed)
	random := rand.New(rand.NewPCG(*killSeed, 0))
	began := time.Now()
	c := start(t, "--template", durabilityTemplate(t), "--time-scale", "60")
	clients := clientsOf(c)
	witnesses := newWitnesses(c, clients)
	longest := 300 * time.Millisecond // of a start so far, and then of a life under load
	whileStarting, whileWorking := 0, 0
	for whileStarting+whileWorking < *kills {
		killAtWork(c, witnesses, time.Duration(random.Int64N(int64(longest))))
		whileWorking++
		for whileStarting+whileWorking < *kills && random.IntN(4) == 0 {
			c.spawn()
			time.Sleep(time.Duration(random.Int64N(int64(longest)))) // a random moment, not a wait for something
			c.kill(syscall.SIGKILL)
			whileStarting++
		}
		before := time.Now()
		c.up()
		longest = max(longest, min(time.Since(before), time.Second))
		if err := clients.refusal(); err != nil {
			t.Fatalf("after %d kills: %v", whileStarting+whileWorking, err)
		}
		for name, witness := range witnesses {
			if err := witness.check(t.Context()); err != nil {
				t.Fatalf("after %d kills: %s: %v", whileStarting+whileWorking, name, err)
			}
		}
	}
	c.quietWithin(10 * time.Minute)
	for name, witness := range witnesses {
		if err := witness.close(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		t.Logf("%s: %s", name, witness.acknowledged())
	}
	t.Logf("%d kills while working, which cut %d calls, and %d while starting, in %.0f s", whileWorking, clients.unknown.Load(), whileStarting,
		time.Since(began).Seconds())
}

// killAtWork lets the witnesses work for a time and kills the local cloud amid it.
func killAtWork(c *cloud, witnesses map[string]witness, life time.Duration) {
	ctx, end := context.WithCancel(c.t.Context())
	var working sync.WaitGroup
	for _, witness := range witnesses {
		working.Go(func() { witness.work(ctx) })
	}
	time.Sleep(life) // a random moment, not a wait for something
	c.kill(syscall.SIGKILL)
	end()
	working.Wait()
}

func newWitnesses(c *cloud, clients *clients) map[string]witness {
	witnesses := map[string]witness{
		"messages": &messages{clients: clients, queue: c.queueURL("messages"), sent: map[string]bool{}, deleting: map[string]bool{},
			deleted: map[string]time.Time{}},
		"events": &published{clients: clients, cloud: c, arrived: c.queueURL("arrived"), accepted: map[int]bool{}},
	}
	for i := range 3 {
		name := fmt.Sprintf("writer %d", i)
		witnesses["items of "+name] = &writer{clients: clients, name: name, items: make([]record, 8)}
		name = fmt.Sprintf("pair %d", i)
		witnesses["transactions of "+name] = &pair{clients: clients, name: name}
	}
	return witnesses
}

// clients are those of AWS's SDK, but that they try no call twice: what came of the first is what is tested. Now and then one
// gives a call up that was answered, as if it were cut: it closes a connection whose answer came before it had looked for the
// end of its own request.
type clients struct {
	database *dynamodb.Client
	bus      *eventbridge.Client
	queues   *sqs.Client

	unknown atomic.Int64 // calls that got no answer
	refused atomic.Pointer[error]
}

// answered tells whether a call got the answer that it succeeded; one that got none is counted. A refusal is reported, as
// no call of a witness is ever refused.
func (c *clients) answered(err error) bool {
	var refused smithy.APIError
	switch {
	case err == nil:
		return true
	case errors.As(err, &refused):
		c.refused.CompareAndSwap(nil, &err)
	default:
		c.unknown.Add(1)
	}
	return false
}

// refusal returns the first refusal, if there was one.
func (c *clients) refusal() error {
	if err := c.refused.Load(); err != nil {
		return *err
	}
	return nil
}

func clientsOf(c *cloud) *clients {
	config := aws.Config{
		Region:       "us-east-1",
		Credentials:  credentials.NewStaticCredentialsProvider("any", "any", ""),
		BaseEndpoint: aws.String(c.endpoint()),
		Retryer:      func() aws.Retryer { return aws.NopRetryer{} },
		HTTPClient:   &http.Client{Timeout: time.Minute},
	}
	return &clients{database: dynamodb.NewFromConfig(config), bus: eventbridge.NewFromConfig(config), queues: sqs.NewFromConfig(config)}
}

func (c *cloud) queueURL(name string) *string {
	c.t.Helper()
	url, err := c.queues.GetQueueUrl(c.t.Context(), &sqs.GetQueueUrlInput{QueueName: aws.String(name)})
	if err != nil {
		c.t.Fatal(err)
	}
	return url.QueueUrl
}

// durabilityTemplate copies the template to a folder with a Makefile that takes the function from where it was built once. A
// function of the local cloud that was killed may still be about to end: cp -f takes its file away from it.
func durabilityTemplate(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	binary := filepath.Join(folder, "recorder")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "./testdata/recorder")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the function: %v\n%s", err, output)
	}
	template, err := os.ReadFile("testdata/durability.yaml")
	if err == nil {
		err = errors.Join(
			os.WriteFile(filepath.Join(folder, "template.yaml"), template, 0o600),
			os.WriteFile(filepath.Join(folder, "Makefile"), fmt.Appendf(nil, "build-Recorder:\n\tcp -f %s $(ARTIFACTS_DIR)/bootstrap\n", binary), 0o600))
	}
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(folder, "template.yaml")
}
