package bench

import (
	"bytes"
	"strconv"
	"time"
)

// idPrefix begins the id of every message of the generator; the number after it
// is the message's index in the run.
const idPrefix = "b-"

var texts = []string{
	"Hello, my parcel 4711 has not arrived although the tracking page says delivered since Monday. Could you look into it, please?",
	"안녕하세요. 지난주에 주문한 상품이 아직 배송되지 않았습니다. 배송 상태를 확인해 주실 수 있을까요? 감사합니다.",
	"先週注文した商品がまだ届いていません。配送状況を確認していただけますか。よろしくお願いいたします。",
	"I would like to return the blue jacket, size M. The colour is not what I expected. What is the way to send it back?",
}

// appendMessage writes message n of a contact in the plain profile.
func appendMessage(b []byte, run string, n, contact int, at time.Time) []byte {
	b = append(b, `{"id":"`+idPrefix...)
	b = strconv.AppendInt(b, int64(n), 10)
	b = append(b, '-')
	b = append(b, run...)
	b = append(b, `","contact":{"id":"c-`...)
	b = append(b, run...)
	b = append(b, '-')
	b = strconv.AppendInt(b, int64(contact), 10)
	b = append(b, `","name":"Customer `...)
	b = strconv.AppendInt(b, int64(contact), 10)
	b = append(b, `"},"text":"`...)
	b = append(b, texts[n%len(texts)]...)
	b = append(b, `","occurred_at":"`...)
	b = at.UTC().AppendFormat(b, time.RFC3339Nano)
	return append(b, `"}`...)
}

var addedFact = []byte(`"fact":"message.added"`)

// readIndex finds the index of the generator's message that an event frame
// tells of. marker is what stands before the number.
func readIndex(frame, marker []byte) (int, bool) {
	if !bytes.Contains(frame[:min(len(frame), 256)], addedFact) {
		return 0, false
	}
	at := bytes.Index(frame, marker)
	if at < 0 {
		return 0, false
	}
	return digits(frame[at+len(marker):])
}

// digits reads the number that b begins with.
func digits(b []byte) (n int, ok bool) {
	for i, c := range b {
		if c < '0' || c > '9' || i > 15 {
			break
		}
		n, ok = n*10+int(c-'0'), true
	}
	return n, ok
}
