package events

import "context"

// PublishUserCreated publishes that an agent has joined.
func (p *Publisher) PublishUserCreated(ctx context.Context, fact UserCreated) error {
	return p.Publish(ctx, fact)
}

// PublishContentPublished publishes that a piece of content is out.
func (p *Publisher) PublishContentPublished(ctx context.Context, fact ContentPublished) error {
	return p.Publish(ctx, fact)
}

// PublishAIJobCompleted publishes how an AI job ended: AIJobCompleted or AIJobFailed, as its status says.
func (p *Publisher) PublishAIJobCompleted(ctx context.Context, job AIJob) error {
	fact, err := job.Fact()
	if err != nil {
		return err
	}
	return p.Publish(ctx, fact)
}

// PublishIntegrationSyncCompleted publishes how a sync ended: IntegrationSyncCompleted or IntegrationSyncFailed, as its
// status says.
func (p *Publisher) PublishIntegrationSyncCompleted(ctx context.Context, sync IntegrationSync) error {
	fact, err := sync.Fact()
	if err != nil {
		return err
	}
	return p.Publish(ctx, fact)
}
