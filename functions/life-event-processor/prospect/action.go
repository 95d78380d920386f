package prospect

// recommendedAction is what the agent best does about an event in a prospect's life; a high score asks for more than a
// greeting (rules: Life events).
func recommendedAction(kind kind, score int) string {
	urgent := score >= highScore
	switch {
	case kind == marriage && urgent:
		return "Call this week to congratulate them, and offer to talk about the first home that they will share."
	case kind == marriage:
		return "Send your congratulations, with a short guide to buying a home together."
	case kind == divorce && urgent:
		return "Offer a private talk about their options with the home, without any pressure. Leave it to them to speak of the divorce."
	case kind == divorce:
		return "Stay in touch with news of the local market. Leave it to them to speak of the divorce."
	case kind == jobChange && urgent:
		return "Call this week, ask whether the new job means a move, and offer a valuation of their home."
	case kind == jobChange:
		return "Congratulate them on the new job, and offer advice in case it means a move."
	case kind == retirement && urgent:
		return "Call this week, and offer a valuation of their home and a talk about where they would like to live in retirement."
	case kind == retirement:
		return "Send a guide to moving in retirement, and offer a valuation of their home for when they are ready."
	case kind == birth && urgent:
		return "Congratulate them, and offer to show them homes with more room whenever it suits them."
	case kind == birth:
		return "Send your congratulations, and say that you can help when they need more room."
	case kind == death && urgent:
		return "Write a personal note of condolence. After some weeks, ask gently whether you can help the family with the home."
	case kind == death:
		return "Write a personal note of condolence, and say that you are there if the family ever needs help with the home."
	}
	return ""
}
