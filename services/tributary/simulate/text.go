package simulate

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
)

// language is what a customer speaks.
type language struct {
	code    string
	family  []string
	given   []string
	lines   []string
	answers []string
	quote   string // what a mail program writes above what it quotes
}

var languages = []language{
	{
		code: "ko", family: []string{"김", "이", "박", "최", "정"}, given: []string{"민준", "서연", "지우", "하은", "도윤", "수빈"},
		lines: []string{
			"주문한 상품이 아직 도착하지 않았어요. 배송이 언제 되나요?", "사이즈를 잘못 골랐는데 교환할 수 있을까요?",
			"결제가 두 번 된 것 같아요. 확인 부탁드립니다.", "어제 문의드린 건 어떻게 되었나요?", "감사합니다! 덕분에 해결됐어요.",
		},
		answers: []string{"안녕하세요, 바로 확인해 보겠습니다.", "교환 접수해 드렸습니다. 이틀 안에 기사님이 방문하십니다."},
		quote:   "님이 작성:",
	},
	{
		code: "en", family: []string{"Martin", "Okafor", "Reyes", "Lindqvist", "Novak"}, given: []string{"Alice", "Ben", "Chidi", "Dana", "Elif", "Finn"},
		lines: []string{
			"Hello, my parcel has not arrived although tracking says it was delivered.", "Can I still change the address of my order?",
			"I was charged twice for the same order, could you check?", "Any news on what I asked yesterday?", "Thank you, that solved it!",
		},
		answers: []string{"Thank you for writing. I am looking into it now.", "Your refund is on its way and takes up to five days."},
		quote:   "wrote:",
	},
	{
		code: "ja", family: []string{"佐藤", "鈴木", "高橋", "田中", "渡辺"}, given: []string{"陽菜", "蓮", "結衣", "湊", "さくら", "大翔"},
		lines: []string{
			"注文した商品がまだ届いていません。いつ届きますか。", "サイズを間違えました。交換できますか。",
			"二重に請求されているようです。ご確認ください。", "昨日お問い合わせした件はどうなりましたか。", "ありがとうございます。解決しました。",
		},
		answers: []string{"お問い合わせありがとうございます。確認いたします。", "交換の手続きをいたしました。二日以内に伺います。"},
		quote:   "さんは書きました:",
	},
}

// mark is unique in the run; it is what the books go by.
func mark(run string, n int64) string { return fmt.Sprintf("[%s-%d]", run, n) }

// findMark returns the first mark of this run in a text. What a mail quotes
// stands below what its author wrote, so a mark that slipped through with it
// comes second.
func findMark(text, run string) string {
	at := strings.Index(text, "["+run+"-")
	if at < 0 {
		return ""
	}
	end := strings.IndexByte(text[at:], ']')
	if end < 0 {
		return ""
	}
	return text[at : at+end+1]
}

func pickOf[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

// number is the n of a mark.
func number(mark string) int {
	n, _ := strconv.Atoi(strings.TrimSuffix(mark[strings.LastIndexByte(mark, '-')+1:], "]")) // marks are made here
	return n
}
