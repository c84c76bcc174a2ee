package conversation

import (
	"encoding/hex"
	"maps"
	"unicode/utf8"

	"github.com/tributary-inbox/tributary/contracts/commands"
	"github.com/tributary-inbox/tributary/contracts/events"
)

// Bounds of what a provider or a worker may say of a reaction or a file.
const (
	maxEmoji    = 64
	maxFileWord = 512
)

// fileFailed stands in [MessageRef].Files in the place of a hash.
const fileFailed = "failed"

// React sets the customer's emoji under a message, or takes it away.
func (d *Draft) React(id events.MessageID, emoji string) *commands.Problem {
	ref, s, problem := d.locate(id)
	switch {
	case problem != nil:
		return problem
	case ref.Kind != events.KindMessage:
		return refuse(commands.Invalid, "nobody reacts to that")
	case len(emoji) > maxEmoji || !utf8.ValidString(emoji):
		return refuse(commands.Invalid, "a reaction is at most 64 bytes of UTF-8")
	}
	d.add(&events.MessageReacted{Conversation: s.ID, Message: id, Emoji: emoji})
	return nil
}

// Settle ends the fetching of a file. Said again it changes nothing; one that
// had failed may be fetched after all.
func (d *Draft) Settle(body commands.SettleAttachmentBody) *commands.Problem {
	ref, s, problem := d.locate(body.Message)
	if problem != nil {
		return problem
	}
	if problem := checkFile(&body.Attachment); problem != nil {
		return problem
	}
	was, waits := ref.Files[body.Attachment.ID]
	switch {
	case !waits:
		return refuse(commands.NotFound, "no such attachment is waited for")
	case was != "" && (was != fileFailed || body.Attachment.Failed != ""):
		return nil
	}
	d.add(&events.AttachmentSettled{Conversation: s.ID, Message: body.Message, Attachment: body.Attachment})
	return nil
}

func checkFile(a *events.Attachment) *commands.Problem {
	sum, err := hex.DecodeString(a.Hash)
	switch {
	case (a.Hash == "") == (a.Failed == ""):
		return refuse(commands.Invalid, "a settled attachment has either a hash or the reason why it has none")
	case a.Hash != "" && (err != nil || len(sum) != 32):
		return refuse(commands.Invalid, "the hash is no SHA-256")
	case a.Size < 0 || len(a.Name) > maxFileWord || len(a.Type) > maxFileWord || len(a.Failed) > maxFileWord || !utf8.ValidString(a.Name+a.Type+a.Failed):
		return refuse(commands.Invalid, "the attachment's words are too long or no UTF-8")
	}
	return nil
}

// addFiles notes which attachments are still to be fetched.
func addFiles(files map[string]string, list []events.Attachment) map[string]string {
	files = maps.Clone(files)
	for _, a := range list {
		if a.Hash != "" || a.URL == "" {
			continue
		}
		if files == nil {
			files = map[string]string{}
		}
		state := ""
		if a.Failed != "" {
			state = fileFailed
		}
		files[a.ID] = state
	}
	return files
}

func applySettled(w *Work, f *events.AttachmentSettled) {
	ref, ok := w.Message(f.Message)
	if !ok {
		return
	}
	ref.Files = maps.Clone(ref.Files)
	if ref.Files == nil {
		ref.Files = map[string]string{}
	}
	ref.Files[f.Attachment.ID] = f.Attachment.Hash
	if f.Attachment.Failed != "" {
		ref.Files[f.Attachment.ID] = fileFailed
	}
	w.Messages[f.Message] = ref
}

// applyRemoved forgets what was still to be fetched for a message that its
// author took back.
func applyRemoved(w *Work, id events.MessageID) {
	if ref, ok := w.Message(id); ok && len(ref.Files) > 0 {
		ref.Files = nil
		w.Messages[id] = ref
	}
}
