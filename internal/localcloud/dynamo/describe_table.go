package dynamo

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/refusal"
)

// description is a table as AWS describes it.
type description struct {
	TableName                 string
	TableArn                  string
	TableID                   string `json:"TableId"`
	TableStatus               string
	CreationDateTime          float64               `json:",omitempty"` // seconds since 1970
	AttributeDefinitions      []attributeDefinition `json:",omitempty"`
	KeySchema                 []keyElement          `json:",omitempty"`
	GlobalSecondaryIndexes    []indexDescription    `json:",omitempty"`
	ProvisionedThroughput     describedThroughput
	BillingModeSummary        *billingSummary        `json:",omitempty"`
	StreamSpecification       *streamSpecification   `json:",omitempty"`
	LatestStreamLabel         string                 `json:",omitempty"`
	LatestStreamArn           string                 `json:",omitempty"`
	SSEDescription            *encryptionDescription `json:",omitempty"`
	TableClassSummary         *tableClass            `json:",omitempty"`
	DeletionProtectionEnabled bool
	ItemCount                 int // as AWS, which counts every six hours, it is late: always 0
	TableSizeBytes            int
}

type indexDescription struct {
	IndexName             string
	IndexArn              string
	IndexStatus           string
	KeySchema             []keyElement
	Projection            projection
	ProvisionedThroughput describedThroughput
	ItemCount             int
	IndexSizeBytes        int
}

type describedThroughput struct {
	ReadCapacityUnits, WriteCapacityUnits int64
	NumberOfDecreasesToday                int
}

type billingSummary struct {
	BillingMode                       string
	LastUpdateToPayPerRequestDateTime float64
}

type encryptionDescription struct {
	Status          string
	SSEType         string
	KMSMasterKeyArn string `json:",omitempty"`
}

type tableClass struct{ TableClass string }

const statusActive = "ACTIVE"

// describe describes the table. It is active from the moment it is created.
func (t *table) describe() description {
	definition := t.Definition
	d := description{
		TableName:                 definition.TableName,
		TableArn:                  t.arn(),
		TableID:                   t.TableID,
		TableStatus:               statusActive,
		CreationDateTime:          epochSeconds(t.Created),
		AttributeDefinitions:      definition.AttributeDefinitions,
		KeySchema:                 definition.KeySchema,
		ProvisionedThroughput:     described(definition.ProvisionedThroughput),
		DeletionProtectionEnabled: definition.DeletionProtectionEnabled,
	}
	for _, index := range definition.GlobalSecondaryIndexes {
		d.GlobalSecondaryIndexes = append(d.GlobalSecondaryIndexes, indexDescription{
			IndexName:             index.IndexName,
			IndexArn:              t.arn() + "/index/" + index.IndexName,
			IndexStatus:           statusActive,
			KeySchema:             index.KeySchema,
			Projection:            index.Projection,
			ProvisionedThroughput: described(index.ProvisionedThroughput),
		})
	}
	if definition.BillingMode == billingPayPerRequest {
		d.BillingModeSummary = &billingSummary{billingPayPerRequest, epochSeconds(t.Created)}
	}
	if encryption := definition.SSESpecification; encryption != nil && encryption.Enabled {
		d.SSEDescription = &encryptionDescription{"ENABLED", "KMS", encryption.KMSMasterKeyID}
	}
	if definition.TableClass != "" {
		d.TableClassSummary = &tableClass{definition.TableClass}
	}
	if stream := definition.StreamSpecification; stream != nil && stream.StreamEnabled {
		d.StreamSpecification = stream
		d.LatestStreamLabel = t.Created.Format("2006-01-02T15:04:05.000")
		d.LatestStreamArn = t.arn() + "/stream/" + d.LatestStreamLabel
	}
	return d
}

func described(given *throughput) describedThroughput {
	if given == nil {
		return describedThroughput{}
	}
	return describedThroughput{ReadCapacityUnits: *given.ReadCapacityUnits, WriteCapacityUnits: *given.WriteCapacityUnits}
}

func epochSeconds(at time.Time) float64 { return float64(at.UnixMilli()) / 1000 }

// named reads a request that names only a table and finds it. The table stays as it is until unlock is called.
func (e *Engine) named(body []byte) (_ *table, unlock func(), err error) {
	name, err := readTableName(body)
	if err != nil {
		return nil, nil, err
	}
	e.schema.RLock()
	table, found := e.tables[name]
	if !found {
		e.schema.RUnlock()
		return nil, nil, refusal.TableNotFound(name)
	}
	return table, e.schema.RUnlock, nil
}

func readTableName(body []byte) (string, error) {
	var request struct{ TableName string }
	if err := decode(body, &request); err != nil {
		return "", err
	}
	name := tableName(request.TableName)
	var wrong constraints
	wrong.name("tableName", name)
	return name, wrong.error()
}

func (e *Engine) describeTable(_ context.Context, body []byte) (json.RawMessage, error) {
	table, unlock, err := e.named(body)
	if err != nil {
		return nil, err
	}
	defer unlock()
	return json.Marshal(map[string]any{"Table": table.describe()})
}

func (e *Engine) deleteTable(_ context.Context, body []byte) (json.RawMessage, error) {
	name, err := readTableName(body)
	if err != nil {
		return nil, err
	}
	e.schema.Lock()
	defer e.schema.Unlock()
	table, found := e.tables[name]
	if !found {
		return nil, refusal.TableNotFound(name)
	}
	if table.Definition.DeletionProtectionEnabled {
		return nil, refusal.Validation("Resource cannot be deleted as it is currently protected against deletion. " +
			"Disable deletion protection first.")
	}
	if err := e.removeTable(table); err != nil {
		return nil, err
	}
	description := table.describe()
	description.TableStatus = "DELETING"
	description.CreationDateTime = 0 // AWS leaves these out now
	description.AttributeDefinitions, description.KeySchema, description.GlobalSecondaryIndexes = nil, nil, nil
	return json.Marshal(map[string]any{"TableDescription": description})
}

// maxListed is how many names ListTables returns at once.
const maxListed = 100

func (e *Engine) listTables(_ context.Context, body []byte) (json.RawMessage, error) {
	request := struct {
		ExclusiveStartTableName *string
		Limit                   *int
	}{}
	if err := decode(body, &request); err != nil {
		return nil, err
	}
	limit := optionalInt{value: maxListed}
	if request.Limit != nil {
		limit = optionalInt{*request.Limit, true}
	}
	var wrong constraints
	start := ""
	if request.ExclusiveStartTableName != nil {
		start = *request.ExclusiveStartTableName
		wrong.name("exclusiveStartTableName", start)
	}
	wrong.atLeast("limit", limit, 1)
	wrong.atMost("limit", limit, maxListed)
	if err := wrong.error(); err != nil {
		return nil, err
	}
	e.schema.RLock()
	defer e.schema.RUnlock()
	names := slices.Sorted(maps.Keys(e.tables))
	first, found := slices.BinarySearch(names, start)
	if found {
		first++
	}
	names = names[first:]
	answer := map[string]any{"TableNames": names}
	if len(names) > limit.value {
		names = names[:limit.value]
		answer["TableNames"], answer["LastEvaluatedTableName"] = names, names[len(names)-1]
	}
	return json.Marshal(answer)
}

// describeContinuousBackups says that a table has no backups to restore it from, as the local cloud makes none.
func (e *Engine) describeContinuousBackups(_ context.Context, body []byte) (json.RawMessage, error) {
	_, unlock, err := e.named(body)
	if err != nil {
		return nil, err
	}
	defer unlock()
	return json.RawMessage(`{"ContinuousBackupsDescription":{"ContinuousBackupsStatus":"ENABLED",` +
		`"PointInTimeRecoveryDescription":{"PointInTimeRecoveryStatus":"DISABLED"}}}`), nil
}
