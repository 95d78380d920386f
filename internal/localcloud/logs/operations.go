package logs

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
)

const (
	mostEvents    = 10_000
	mostDescribed = 50
)

type filterRequest struct {
	LogGroupName        string
	LogGroupIdentifier  string
	LogStreamNames      []string
	LogStreamNamePrefix string
	StartTime           *int64 // milliseconds since 1970
	EndTime             *int64
	FilterPattern       string
	Limit               *int
	NextToken           string
}

type filteredEvent struct {
	EventID       string `json:"eventId"`
	IngestionTime int64  `json:"ingestionTime"`
	LogStreamName string `json:"logStreamName"`
	Message       string `json:"message"`
	Timestamp     int64  `json:"timestamp"`
}

func (l *Logs) filterLogEvents(_ *http.Request, body []byte) (any, error) {
	var asked filterRequest
	if err := awsapi.Decode(body, &asked); err != nil {
		return nil, err
	}
	matches, err := parsePattern(asked.FilterPattern)
	if err != nil {
		return nil, err
	}
	limit := mostEvents
	if asked.Limit != nil {
		limit = *asked.Limit
	}
	after, err := readToken(asked.NextToken)
	if err != nil || limit < 1 || limit > mostEvents {
		return nil, awsapi.Errorf("InvalidParameterException", "limit must be from 1 to %d, and nextToken one that FilterLogEvents gave", mostEvents)
	}
	lines, err := l.lines(groupOf(asked.LogGroupName, asked.LogGroupIdentifier))
	if err != nil {
		return nil, err
	}
	answer := struct {
		Events             []filteredEvent `json:"events"`
		NextToken          string          `json:"nextToken,omitempty"`
		SearchedLogStreams []string        `json:"searchedLogStreams"`
	}{Events: []filteredEvent{}, SearchedLogStreams: []string{}}
	var last uint64
	for _, printed := range lines {
		if printed.Serial <= after || !asked.wants(printed) || !matches(printed.Text) {
			continue
		}
		if len(answer.Events) == limit {
			answer.NextToken = strconv.FormatUint(last, 10)
			break
		}
		last = printed.Serial
		answer.Events = append(answer.Events, filteredEvent{
			EventID: strconv.FormatUint(last, 10), IngestionTime: printed.At.UnixMilli(), LogStreamName: printed.Stream,
			Message: printed.Text, Timestamp: printed.At.UnixMilli(),
		})
	}
	return answer, nil
}

func readToken(token string) (uint64, error) {
	if token == "" {
		return 0, nil
	}
	return strconv.ParseUint(token, 10, 64)
}

func (r *filterRequest) wants(printed line) bool {
	at := printed.At.UnixMilli()
	return (r.StartTime == nil || at >= *r.StartTime) && (r.EndTime == nil || at < *r.EndTime) &&
		(len(r.LogStreamNames) == 0 || slices.Contains(r.LogStreamNames, printed.Stream)) &&
		strings.HasPrefix(printed.Stream, r.LogStreamNamePrefix)
}

type groupDescription struct {
	ARN             string `json:"arn"`
	LogGroupARN     string `json:"logGroupArn"`
	LogGroupName    string `json:"logGroupName"`
	RetentionInDays int    `json:"retentionInDays,omitempty"`
}

func (l *Logs) describeLogGroups(_ *http.Request, body []byte) (any, error) {
	var asked struct {
		LogGroupNamePrefix, LogGroupNamePattern, NextToken string
		Limit                                              *int
	}
	if err := awsapi.Decode(body, &asked); err != nil {
		return nil, err
	}
	limit, err := pageSize(asked.Limit)
	if err != nil {
		return nil, err
	}
	declared := l.config.Declared()
	answer := struct {
		LogGroups []groupDescription `json:"logGroups"`
		NextToken string             `json:"nextToken,omitempty"`
	}{LogGroups: []groupDescription{}}
	for _, name := range l.groups() {
		if name <= asked.NextToken || !strings.HasPrefix(name, asked.LogGroupNamePrefix) || !strings.Contains(name, asked.LogGroupNamePattern) {
			continue
		}
		if len(answer.LogGroups) == limit {
			answer.NextToken = answer.LogGroups[limit-1].LogGroupName
			break
		}
		const day = 24 * time.Hour
		answer.LogGroups = append(answer.LogGroups, groupDescription{
			ARN: groupARN(name) + ":*", LogGroupARN: groupARN(name), LogGroupName: name, RetentionInDays: int(declared[name] / day),
		})
	}
	return answer, nil
}

func pageSize(asked *int) (int, error) {
	if asked == nil {
		return mostDescribed, nil
	}
	if *asked < 1 || *asked > mostDescribed {
		return 0, awsapi.Errorf("InvalidParameterException", "limit must be from 1 to %d", mostDescribed)
	}
	return *asked, nil
}

type streamDescription struct {
	ARN                 string `json:"arn"`
	LogStreamName       string `json:"logStreamName"`
	FirstEventTimestamp int64  `json:"firstEventTimestamp"`
	LastEventTimestamp  int64  `json:"lastEventTimestamp"`
	LastIngestionTime   int64  `json:"lastIngestionTime"`
}

func (l *Logs) describeLogStreams(_ *http.Request, body []byte) (any, error) {
	var asked struct {
		LogGroupName, LogGroupIdentifier, LogStreamNamePrefix, OrderBy, NextToken string
		Descending                                                                bool
		Limit                                                                     *int
	}
	if err := awsapi.Decode(body, &asked); err != nil {
		return nil, err
	}
	limit, err := pageSize(asked.Limit)
	if err != nil {
		return nil, err
	}
	if asked.NextToken != "" {
		return nil, awsapi.Errorf("InvalidParameterException", "The local cloud shows the first %d log streams only", mostDescribed)
	}
	group := groupOf(asked.LogGroupName, asked.LogGroupIdentifier)
	lines, err := l.lines(group)
	if err != nil {
		return nil, err
	}
	streams := []streamDescription{}
	for _, printed := range lines {
		if !strings.HasPrefix(printed.Stream, asked.LogStreamNamePrefix) {
			continue
		}
		at := printed.At.UnixMilli()
		i := slices.IndexFunc(streams, func(s streamDescription) bool { return s.LogStreamName == printed.Stream })
		if i < 0 {
			streams = append(streams, streamDescription{
				ARN: groupARN(group) + ":log-stream:" + printed.Stream, LogStreamName: printed.Stream, FirstEventTimestamp: at,
			})
			i = len(streams) - 1
		}
		streams[i].LastEventTimestamp, streams[i].LastIngestionTime = at, at
	}
	slices.SortStableFunc(streams, func(a, b streamDescription) int {
		if asked.OrderBy == "LastEventTime" {
			return int(a.LastEventTimestamp - b.LastEventTimestamp)
		}
		return strings.Compare(a.LogStreamName, b.LogStreamName)
	})
	if asked.Descending {
		slices.Reverse(streams)
	}
	return map[string]any{"logStreams": streams[:min(limit, len(streams))]}, nil
}
