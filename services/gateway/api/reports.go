package api

import (
	"context"
	"encoding/json"
	"errors"
	"mime"
	"net/http"
	"reflect"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/services/gateway/access"
	"github.com/tributary-inbox/tributary/services/gateway/ask"
)

// ReportSpan is the range of a report.
type ReportSpan struct {
	From string `query:"from" required:"true" maxLength:"40" doc:"A time (RFC 3339), or a date: its beginning in the zone"`
	To   string `query:"to" required:"true" maxLength:"40" doc:"The same; the report ends just before it"`
	Zone string `query:"zone" maxLength:"64" doc:"Name of the zone whose hours, days, weeks and months are meant; the house's when left out"`
}

// ReportFilter leaves only a part. A filter may be given several times, and takes
// what has any of its values; none stands for no value.
type ReportFilter struct {
	ReportSpan
	Channel  []string `query:"channel,explode" maxItems:"200"`
	Inbox    []string `query:"inbox,explode" maxItems:"200"`
	Queue    []string `query:"queue,explode" maxItems:"200"`
	Team     []string `query:"team,explode" maxItems:"200"`
	Agent    []string `query:"agent,explode" maxItems:"200" doc:"Agents' ids, me, or none"`
	Tag      []string `query:"tag,explode" maxItems:"200"`
	Segment  []string `query:"segment,explode" maxItems:"200"`
	Priority []string `query:"priority,explode" maxItems:"200"`
}

type reportRequest struct {
	ReportFilter
	Metric []string `query:"metric" maxItems:"100" doc:"The numbers wanted, parted by commas; all when left out"`
	By     []string `query:"by" maxItems:"9" doc:"What the rows are grouped by, parted by commas"`
	Step   string   `query:"step" enum:"hour,day,week,month" doc:"One more group: a step of time"`
	Format string   `query:"format" enum:"json,csv" doc:"csv gives a file, as does an Accept header that asks for text/csv"`
	Accept string   `header:"Accept" maxLength:"1000"`
}

type behindRequest struct {
	ReportFilter
	Metric string `path:"metric" maxLength:"64"`
	Part   string `query:"part" enum:"above,below" doc:"Of a share: what it counts (above, the default), or the whole that it is a part of"`
	Cursor string `query:"cursor" maxLength:"512"`
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

// behind are the conversations behind a number, the newest first. Total is how many
// there are over all pages, Hidden how many of this page counted here once and stand
// behind somebody else's walls now.
type behind struct {
	Items      []*events.Conversation `json:"items"`
	Hidden     int                    `json:"hidden" doc:"How many of this page stand behind another's wall now"`
	Total      int                    `json:"total"`
	NextCursor string                 `json:"next_cursor"`
	AsOf       uint64                 `json:"as_of"`
}

func (a *API) reports() {
	register(a, operation{http.MethodGet, "/reports", "What happened in a range of time, as a table or as CSV: an administrator's of everything, a supervisor's of their teams and queues, an agent's of their own work", access.Work, 0}, a.report)
	register(a, operation{http.MethodGet, "/reports/{metric}/conversations", "The conversations behind a number of a report", access.Work, 0}, a.behindReport)
	register(a, operation{http.MethodGet, "/retention", "Who bought again, by the month of their first order, and what customers are worth", access.Administer, 0}, a.retention)
	register(a, operation{http.MethodGet, "/retention/customers", "The customers behind the figures of /retention, with what each is worth", access.Administer, 0}, a.customers)
	doc := a.huma.OpenAPI()
	schema := doc.Components.Schemas.Schema(reflect.TypeFor[queries.ReportTable](), true, "ReportTable")
	doc.Paths[Base+"/reports"].Get.Responses["200"].Content = map[string]*huma.MediaType{
		"application/json": {Schema: schema}, "text/csv": {Schema: &huma.Schema{Type: huma.TypeString}},
	}
}

// span reads a range, and names its zone where it can be named.
func (a *API) span(r *ReportSpan) (from, to time.Time, err error) {
	zone := a.Zone
	if r.Zone != "" {
		if zone, err = time.LoadLocation(r.Zone); err != nil || r.Zone == "Local" {
			return from, to, refuse(http.StatusUnprocessableEntity, "there is no such zone: write it as Asia/Seoul")
		}
	}
	r.Zone = nameOf(zone)
	if from, err = moment(r.From, zone); err == nil {
		to, err = moment(r.To, zone)
	}
	return from, to, err
}

// nameOf is a zone's name; empty where only this machine knows it, so that whoever
// reads it takes their own.
func nameOf(zone *time.Location) string {
	if name := zone.String(); name != "Local" {
		return name
	}
	return ""
}

// moment reads a time, or a date as its beginning in a zone.
func moment(s string, zone *time.Location) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t, nil
	}
	t, err := time.ParseInLocation(time.DateOnly, s, zone)
	if err != nil {
		return t, refuse(http.StatusUnprocessableEntity, "a time is written as 2026-11-22T09:00:00+09:00, a date as 2026-11-22")
	}
	return t, nil
}

// narrowed is the question as far as all reports have it, within what the asker may
// see.
func (a *API) narrowed(ctx context.Context, r *ReportFilter) (queries.AskReport, error) {
	from, to, err := a.span(&r.ReportSpan)
	if err != nil {
		return queries.AskReport{}, err
	}
	viewer := who(ctx).Viewer
	q := queries.AskReport{From: from, To: to, Zone: r.Zone, Only: map[queries.ReportBy][]string{}, MinSeq: a.minSeq(ctx)}
	for by, values := range map[queries.ReportBy][]string{
		queries.ByChannel: r.Channel, queries.ByInbox: r.Inbox, queries.ByQueue: r.Queue, queries.ByTeam: r.Team,
		queries.ByAgent: r.Agent, queries.ByTag: r.Tag, queries.BySegment: r.Segment, queries.ByPriority: r.Priority,
	} {
		for _, v := range values {
			switch {
			case v == "none":
				v = ""
			case v == "me" && by == queries.ByAgent:
				v = string(viewer.ID)
			}
			q.Only[by] = append(q.Only[by], v)
		}
	}
	q.Scope = viewer.ReportsOf(q.Only[queries.ByAgent])
	return q, nil
}

func (a *API) report(ctx context.Context, in *reportRequest) (*huma.StreamResponse, error) {
	q, err := a.narrowed(ctx, &in.ReportFilter)
	if err != nil {
		return nil, err
	}
	for _, n := range in.Metric {
		q.Numbers = append(q.Numbers, queries.ReportNumber(n))
	}
	for _, by := range in.By {
		q.By = append(q.By, queries.ReportBy(by))
	}
	if in.Step != "" {
		q.By = append(q.By, queries.ReportBy(in.Step))
	}
	table, err := ask.Query[queries.ReportTable](ctx, a.Desk.Ask, queries.Report, q)
	if err != nil {
		return nil, err
	}
	csv := in.Format == "csv" || in.Format == "" && wantsCSV(in.Accept)
	return &huma.StreamResponse{Body: func(out huma.Context) {
		// A peer that is gone cannot be told.
		if csv {
			out.SetHeader("Content-Type", "text/csv; charset=utf-8")
			out.SetHeader("Content-Disposition", `attachment; filename="report.csv"`)
			out.SetStatus(http.StatusOK)
			_ = writeCSV(out.BodyWriter(), table, a.nameIn)
			return
		}
		out.SetHeader("Content-Type", "application/json")
		out.SetStatus(http.StatusOK)
		_ = json.NewEncoder(out.BodyWriter()).Encode(table)
	}}, nil
}

// wantsCSV reports whether CSV is the first of our forms that is asked for.
func wantsCSV(accept string) bool {
	for part := range strings.SplitSeq(accept, ",") {
		kind, _, err := mime.ParseMediaType(part)
		if err != nil {
			continue
		}
		switch kind {
		case "text/csv":
			return true
		case "application/json", "*/*", "application/*":
			return false
		}
	}
	return false
}

func (a *API) behindReport(ctx context.Context, in *behindRequest) (*answer[behind], error) {
	q, err := a.narrowed(ctx, &in.ReportFilter)
	if err != nil {
		return nil, err
	}
	found, err := ask.Query[queries.ReportedConversations](ctx, a.Desk.Ask, queries.ReportConversations, queries.AskReportConversations{
		Report: q, Number: queries.ReportNumber(in.Metric), Part: queries.ReportPart(in.Part), Cursor: in.Cursor, Limit: in.Limit,
	})
	if err != nil {
		return nil, err
	}
	out := behind{Items: []*events.Conversation{}, Total: found.Total, NextCursor: found.NextCursor, AsOf: found.AsOf}
	for _, id := range found.Items {
		c, err := a.Desk.ConversationAt(ctx, who(ctx).Viewer, id, 0)
		var p *ask.Problem
		switch {
		case err == nil:
			out.Items = append(out.Items, c)
		case errors.As(err, &p) && p.Status == http.StatusNotFound:
			out.Hidden++
		default:
			return nil, err
		}
	}
	return &answer[behind]{out}, nil
}

// nameIn is what people call the value of a dimension; empty where it has no name of
// its own, or is gone.
func (a *API) nameIn(by queries.ReportBy, id string) string {
	switch by {
	case queries.ByInbox:
		v, _, _ := a.Desk.Directory.Inboxes.Get(id)
		return v.Name
	case queries.ByQueue:
		v, _, _ := a.Desk.Directory.Queues.Get(id)
		return v.Name
	case queries.ByTeam:
		v, _, _ := a.Desk.Directory.Teams.Get(id)
		return v.Name
	case queries.ByAgent:
		v, _, _ := a.Desk.Directory.Agents.Get(id)
		return v.Name
	case queries.BySegment:
		v, _, _ := a.Settings.Segments.Get(id)
		return v.Name
	}
	return ""
}
