package verification

import (
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/template"
)

func (v *verifier) tables() {
	for _, table := range v.stack.Tables {
		r := v.of("table", table.Name)
		answer, err := v.database.DescribeTable(v.ctx, &dynamodb.DescribeTableInput{TableName: &table.Name})
		if !r.there(err, redeploy) {
			continue
		}
		found := answer.Table
		r.same("state", "ACTIVE", string(found.TableStatus), "wait until it is")
		r.same("key", words(table.Key), words(keyOf(found.KeySchema)), "a table's key cannot be changed: restore its items into a new one")
		r.same("indexes", indexesExpected(table), indexesFound(found), "aws dynamodb update-table --table-name "+table.Name+" --global-secondary-index-updates …")
		r.timeToLive(table)
		r.recovery(table)
	}
}

func keyOf(schema []types.KeySchemaElement) template.Key {
	var key template.Key
	for _, element := range schema {
		if element.KeyType == types.KeyTypeHash {
			key.Partition = aws.ToString(element.AttributeName)
		} else {
			key.Sort = aws.ToString(element.AttributeName)
		}
	}
	return key
}

func indexesExpected(table template.Table) []string {
	indexes := []string{}
	for _, index := range table.Indexes {
		indexes = append(indexes, fmt.Sprintf("%s: %s, %s, projects %s, ACTIVE", index.Name, index.Key.Partition, index.Key.Sort, index.Projection))
	}
	slices.Sort(indexes)
	return indexes
}

func indexesFound(table *types.TableDescription) []string {
	indexes := []string{}
	for _, index := range table.GlobalSecondaryIndexes {
		key := keyOf(index.KeySchema)
		var projection types.ProjectionType
		if index.Projection != nil {
			projection = index.Projection.ProjectionType
		}
		indexes = append(indexes, fmt.Sprintf("%s: %s, %s, projects %s, %s", aws.ToString(index.IndexName), key.Partition, key.Sort, projection, index.IndexStatus))
	}
	slices.Sort(indexes)
	return indexes
}

func (r resource) timeToLive(table template.Table) {
	answer, err := r.database.DescribeTimeToLive(r.ctx, &dynamodb.DescribeTimeToLiveInput{TableName: &table.Name})
	if err != nil {
		r.record(Check{What: "time to live", Verdict: Unknown, Reason: reasonOf(err)})
		return
	}
	var found string
	if is := answer.TimeToLiveDescription; is != nil && is.TimeToLiveStatus == types.TimeToLiveStatusEnabled {
		found = aws.ToString(is.AttributeName)
	}
	r.same("time to live", table.TTLAttribute, found, "aws dynamodb update-time-to-live --table-name "+table.Name+
		" --time-to-live-specification Enabled=true,AttributeName="+table.TTLAttribute)
}

func (r resource) recovery(table template.Table) {
	answer, err := r.database.DescribeContinuousBackups(r.ctx, &dynamodb.DescribeContinuousBackupsInput{TableName: &table.Name})
	if err != nil {
		r.record(Check{What: "point-in-time recovery", Verdict: Unknown, Reason: reasonOf(err)})
		return
	}
	found := false
	if is := answer.ContinuousBackupsDescription; is != nil && is.PointInTimeRecoveryDescription != nil {
		found = is.PointInTimeRecoveryDescription.PointInTimeRecoveryStatus == types.PointInTimeRecoveryStatusEnabled
	}
	if found == table.PointInTimeRecovery || !r.isLocal() {
		r.same("point-in-time recovery", table.PointInTimeRecovery, found, "aws dynamodb update-continuous-backups --table-name "+table.Name+
			" --point-in-time-recovery-specification PointInTimeRecoveryEnabled=true")
		return
	}
	r.record(Check{What: "point-in-time recovery", Verdict: Unknown, Reason: "the local cloud has none"})
}
