package stacks_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/stacks"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/store"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/template"
)

// platform is what stacks are made of in tests: names, and what was done to them.
type platform struct {
	mu      sync.Mutex
	there   map[string]string // properties by type and name
	done    []string
	fail    map[string]bool // what is refused, such as create B
	block   string          // waits until its context ends
	blocked chan struct{}
	changed func() // is called by Changed, if it is not nil
}

func newPlatform() *platform {
	return &platform{there: map[string]string{}, fail: map[string]bool{}, blocked: make(chan struct{}, 1)}
}

func key(d template.Declaration) string { return d.Type + " " + d.Name }

func (p *platform) do(ctx context.Context, verb string, d template.Declaration, effect func()) error {
	p.mu.Lock()
	what := verb + " " + d.LogicalID
	p.done = append(p.done, what)
	block := p.block == what
	p.mu.Unlock()
	if block {
		p.blocked <- struct{}{}
		<-ctx.Done()
		return ctx.Err()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fail[what] {
		return errors.New("no room")
	}
	effect()
	return nil
}

func (p *platform) Exists(ctx context.Context, _ *template.Stack, d template.Declaration) (bool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.block == "look for "+d.LogicalID {
		p.blocked <- struct{}{}
		<-ctx.Done()
		return false, ctx.Err()
	}
	_, exists := p.there[key(d)]
	return exists, nil
}

func (p *platform) Create(ctx context.Context, _ *template.Stack, d template.Declaration) error {
	return p.do(ctx, "create", d, func() { p.there[key(d)] = string(d.Properties) })
}

func (p *platform) Update(ctx context.Context, _, after *template.Stack, d template.Declaration) error {
	is, _ := after.Declaration(d.LogicalID)
	return p.do(ctx, "update", d, func() { p.there[key(is)] = string(is.Properties) })
}

func (p *platform) Delete(ctx context.Context, _, _ *template.Stack, d template.Declaration) error {
	return p.do(ctx, "delete", d, func() { delete(p.there, key(d)) })
}

func (p *platform) Changed([]*template.Stack) {
	if p.changed != nil {
		p.changed()
	}
}

// did returns what was done since it was asked last.
func (p *platform) did() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	did := strings.Join(p.done, ", ")
	p.done = nil
	return did
}

// world is a CloudFormation on a store of its own.
type world struct {
	t        *testing.T
	memory   *store.Store
	platform *platform
	stacks   *stacks.Stacks
	bodies   map[string]string // templates in S3, by bucket and key
}

func newWorld(t *testing.T) *world {
	t.Helper()
	memory, err := store.OpenMemory()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = memory.Close() })
	w := &world{t: t, memory: memory, platform: newPlatform(), bodies: map[string]string{}}
	w.open()
	t.Cleanup(w.close)
	return w
}

// open opens the stacks that the store holds.
func (w *world) open() {
	w.t.Helper()
	var err error
	w.stacks, err = stacks.New(stacks.Config{
		Space: w.memory.Space("cloudformation"), Platform: w.platform, Patience: time.Minute,
		Object: func(bucket, key string) ([]byte, error) {
			if body, found := w.bodies[bucket+"/"+key]; found {
				return []byte(body), nil
			}
			return nil, awsapi.Errorf("NoSuchKey", "The specified key does not exist.")
		},
		Address: func(_, path string) (bucket, key string) {
			bucket, key, _ = strings.Cut(path[1:], "/")
			return bucket, key
		},
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) close() {
	if err := w.stacks.Close(context.Background()); err != nil {
		w.t.Error(err)
	}
}

// interrupt ends the process, so to say, while something is done, and starts it again.
func (w *world) interrupt(during string, begin func()) {
	w.platform.block = during
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		begin()
	}()
	<-w.platform.blocked
	w.close()
	<-ended
	w.platform.block = ""
	w.platform.did()
	w.open()
	w.stacks.Resume()
	for len(w.stacks.InFlight()) > 0 {
		_, _ = w.call("DeleteStack", "StackName=nothing")
	}
}

// call sends a request with parameters as name=value.
func (w *world) call(action string, parameters ...string) (int, string) {
	w.t.Helper()
	form := url.Values{"Action": {action}, "Version": {"2010-05-15"}}
	for _, parameter := range parameters {
		name, value, _ := strings.Cut(parameter, "=")
		form.Set(name, value)
	}
	request := httptest.NewRequestWithContext(context.Background(), http.MethodPost, "/", strings.NewReader(form.Encode()))
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	answer := httptest.NewRecorder()
	w.stacks.Handler().ServeHTTP(answer, request)
	return answer.Code, answer.Body.String()
}

// must sends a request that succeeds.
func (w *world) must(action string, parameters ...string) string {
	w.t.Helper()
	status, body := w.call(action, parameters...)
	if status != http.StatusOK {
		w.t.Fatalf("%s: %d %s", action, status, body)
	}
	return body
}

// refused sends a request that is refused, for a reason.
func (w *world) refused(want, action string, parameters ...string) {
	w.t.Helper()
	status, body := w.call(action, parameters...)
	if status < 400 || !strings.Contains(body, want) {
		w.t.Errorf("%s: %d %s, want %s", action, status, body, want)
	}
}

// deploy creates or updates the stack s, and returns its status.
func (w *world) deploy(kind, body string) string {
	w.t.Helper()
	action := map[string]string{"CREATE": "CreateStack", "UPDATE": "UpdateStack"}[kind]
	w.must(action, "StackName=s", "TemplateBody="+body, "Capabilities.member.1=CAPABILITY_AUTO_EXPAND")
	return w.status()
}

func (w *world) status() string {
	w.t.Helper()
	return one(w.must("DescribeStacks", "StackName=s"), "StackStatus")
}

// one is the text of the first element of a name.
func one(body, name string) string {
	found := regexp.MustCompile("<" + name + ">([^<]*)<").FindStringSubmatch(body)
	if found == nil {
		return ""
	}
	return found[1]
}

// each are the texts of all elements of a name.
func each(body, name string) []string {
	var texts []string
	for _, found := range regexp.MustCompile("<"+name+">([^<]*)<").FindAllStringSubmatch(body, -1) {
		texts = append(texts, found[1])
	}
	return texts
}

// events tells what has happened to the stack s since a number of events, oldest first.
func (w *world) events(since int) string {
	w.t.Helper()
	body := w.must("DescribeStackEvents", "StackName=s")
	ids, states := each(body, "LogicalResourceId"), each(body, "ResourceStatus")
	var told []string
	for i := len(ids) - 1 - since; i >= 0; i-- {
		told = append(told, ids[i]+" "+states[i])
	}
	return strings.Join(told, ", ")
}

// queues is a template of queues, given as name or name=delay, each behind those that stand after it.
func queues(list ...string) string {
	body := "Transform: AWS::Serverless-2016-10-31\nResources:\n"
	for i, item := range list {
		name, delay, _ := strings.Cut(item, "=")
		name, policy, _ := strings.Cut(name, "/")
		body += fmt.Sprintf("  %s:\n    Type: AWS::SQS::Queue\n", name)
		if policy != "" {
			body += "    DeletionPolicy: " + policy + "\n"
		}
		if i < len(list)-1 {
			next, _, _ := strings.Cut(list[i+1], "=")
			next, _, _ = strings.Cut(next, "/")
			body += "    DependsOn: " + next + "\n"
		}
		body += "    Properties:\n      QueueName: q" + name + "\n"
		if delay != "" {
			body += "      DelaySeconds: " + delay + "\n"
		}
	}
	return body
}
