package api

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/tributary-inbox/tributary/contracts/commands"
	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/id"
	"github.com/tributary-inbox/tributary/services/gateway/access"
	"github.com/tributary-inbox/tributary/services/gateway/desk"
)

type macroRequest struct {
	ID      string `path:"id" maxLength:"64"`
	Macro   string `path:"macro" maxLength:"64"`
	IfMatch string `header:"If-Match" maxLength:"64" doc:"The version that was seen"`
	Key     string `header:"Idempotency-Key" maxLength:"100" doc:"The same key again carries nothing out twice"`
}

type cannedRequest struct {
	ID     string `path:"id" maxLength:"64"`
	Canned string `path:"canned" maxLength:"64"`
}

// ran is what a macro did: the first Done of its actions, in their order. Problem
// is why the next one was refused, where it was; those after it were not tried.
type ran struct {
	Done         int                  `json:"done"`
	Actions      []string             `json:"actions"`
	Conversation *events.Conversation `json:"conversation,omitempty"`
	Message      *events.Message      `json:"message,omitempty"`
	Problem      *Problem             `json:"problem,omitempty"`
}

type rendered struct {
	Text     string `json:"text"`
	Language string `json:"language,omitempty"`
}

func (a *API) macros() {
	register(a, operation{http.MethodPost, "/conversations/{id}/macros/{macro}", "Carry out a macro", access.Work, 0}, a.runMacro)
	register(a, operation{http.MethodPost, "/conversations/{id}/canned/{canned}", "Fill in an answer kept ready", access.Work, 0}, a.fillCanned)
}

// forTeams reports whether who asks has what is kept for these teams.
func forTeams(ctx context.Context, teams []events.TeamID) bool {
	viewer := who(ctx).Viewer
	return len(teams) == 0 || viewer.Administrator() ||
		slices.ContainsFunc(teams, func(t events.TeamID) bool { return slices.Contains(viewer.Teams, t) })
}

// runMacro carries the actions out one after the other, each as a command of its
// own whose id derives from that of the request: who repeats a request that broke
// off does only what was left undone.
func (a *API) runMacro(ctx context.Context, in *macroRequest) (*answer[ran], error) {
	macro, _, ok := a.Settings.Macros.Get(in.Macro)
	if !ok || !forTeams(ctx, macro.Teams) {
		return nil, refuse(http.StatusNotFound, "there is no such macro")
	}
	version, err := parseVersion(in.IfMatch)
	if err != nil {
		return nil, err
	}
	letter, err := a.letter(ctx, in.ID, slices.ContainsFunc(macro.Do, func(act config.Action) bool { return act.Text != "" }))
	if err != nil {
		return nil, err
	}
	key := in.Key
	if key == "" {
		key = id.NewAt("cm", a.Clock.Now())
	}
	out := ran{Actions: []string{}}
	viewer := who(ctx).Viewer
	for i := range macro.Do {
		name, body, err := order(&macro.Do[i], letter, a.Clock.Now())
		if err != nil {
			return nil, err
		}
		result, err := a.Desk.Do(ctx, viewer, desk.Command{
			ID: key + "." + strconv.Itoa(i), Name: name, Conversation: events.ConversationID(in.ID), Version: version, Body: body,
		})
		if err != nil {
			if i == 0 {
				return nil, err
			}
			var known *Problem
			if errors.As(a.problemOf("post-conversations-id-macros-macro", err), &known) {
				out.Problem = known
			} else {
				out.Problem = &Problem{Title: http.StatusText(http.StatusServiceUnavailable), Status: http.StatusServiceUnavailable, Code: "unavailable"}
			}
			break
		}
		a.remember(viewer.ID, result.Seq)
		version = 0 // what was seen has been changed by ourselves
		out.Done++
		out.Actions = append(out.Actions, macro.Do[i].Do)
		if result.Conversation != nil {
			out.Conversation = result.Conversation
		}
		if result.Message != nil {
			out.Message = result.Message
		}
	}
	return &answer[ran]{out}, nil
}

// order is the command that an action stands for.
func order(act *config.Action, letter *config.Letter, now time.Time) (string, any, error) {
	switch act.Do {
	case config.DoTag:
		return commands.Tag, &commands.TagBody{Add: act.Tags}, nil
	case config.DoUntag:
		return commands.Tag, &commands.TagBody{Remove: act.Tags}, nil
	case config.DoAssign:
		return commands.Assign, &commands.AssignBody{Assignee: act.Agent, Team: act.Team}, nil
	case config.DoTransfer:
		return commands.Transfer, &commands.TransferBody{Queue: act.Queue, Team: act.Team}, nil
	case config.DoPrioritise:
		return commands.Prioritise, &commands.PrioritiseBody{Priority: *act.Priority}, nil
	case config.DoSnooze:
		return commands.Snooze, &commands.SnoozeBody{Until: now.Add(time.Duration(act.Seconds) * time.Second)}, nil
	case config.DoResolve:
		return commands.Resolve, &commands.ReasonBody{Reason: letter.Fill(act.Text)}, nil
	case config.DoReopen:
		return commands.Reopen, &commands.ReasonBody{}, nil
	case config.DoNote:
		return commands.AddNote, &commands.NoteBody{Text: letter.Fill(act.Text)}, nil
	case config.DoReply:
		return commands.Reply, &commands.ReplyBody{Text: letter.Fill(act.Text)}, nil
	}
	return "", nil, refuse(http.StatusUnprocessableEntity, "the macro holds an action that is not known here")
}

func (a *API) fillCanned(ctx context.Context, in *cannedRequest) (*answer[rendered], error) {
	canned, _, ok := a.Settings.Canned.Get(in.Canned)
	if !ok || !forTeams(ctx, canned.Teams) {
		return nil, refuse(http.StatusNotFound, "there is no such answer")
	}
	letter, err := a.letter(ctx, in.ID, true)
	if err != nil {
		return nil, err
	}
	text, _ := config.Text(canned.Texts, letter.Scope.Contact.Language)
	return &answer[rendered]{rendered{Text: letter.Fill(text), Language: letter.Scope.Contact.Language}}, nil
}

// letter is what a text about a conversation is filled in from; whole asks for
// what is known of the customer too. What the person who asks may not see is not
// there.
func (a *API) letter(ctx context.Context, conversation string, whole bool) (*config.Letter, error) {
	viewer := who(ctx).Viewer
	conv, err := a.Desk.ConversationAt(ctx, viewer, events.ConversationID(conversation), a.minSeq(ctx))
	if err != nil {
		return nil, err
	}
	scope := config.NewScope(a.Clock.Now())
	scope.Conversation = config.SeeConversation(conv, scope.Now)
	if !whole {
		return &config.Letter{Scope: scope, Agent: viewer.Name}, nil
	}
	page, err := a.Desk.Contact(ctx, viewer, conv.Contact.ID, a.minSeq(ctx))
	if err != nil {
		return nil, err
	}
	scope.Contact = config.SeeContact(page.ID, page.Name, page.Points, page.Attributes)
	orders := make([]config.ScopeOrder, len(page.Orders))
	for i := range page.Orders {
		orders[i] = config.SeeOrder(&page.Orders[i].Order)
	}
	config.SetOrders(scope.Contact, orders)
	if last := conv.LastMessage; scope.Contact.Language == "" && last != nil && last.Direction == events.In {
		scope.Contact.Language = config.LanguageOf(last.Text)
	}
	return &config.Letter{Scope: scope, Agent: viewer.Name}, nil
}

// macroFits is actionsFit with whoever presses it as one more agent.
func (a *API) macroFits(v *config.Macro) error {
	for i := range v.Do {
		act := v.Do[i]
		if act.Agent == "me" {
			act.Agent = ""
		}
		if err := a.actionsFit([]config.Action{act}); err != nil {
			return err
		}
	}
	return nil
}
