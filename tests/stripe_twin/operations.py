"""Every operation of Stripe's that the hub uses: how the SDK calls it, and what for.

`test_operations.py` holds the list against the rail's code, and against what the twin was asked
for. A restricted key needs a permission for each; docs/payments.md names them.
"""

USED = {  # Stripe's operationId: (the SDK's name of it, why)
    "DeleteCustomersCustomer": ("customers.delete", "somebody leaves: the cards are forgotten"),
    "GetAccountsAccount": ("accounts.retrieve", "can this owner be paid, and what is missing"),
    "GetBalance": ("balance.retrieve", "what an operator compares the ledger with"),
    "GetBalanceTransactions": ("balance_transactions.list", "the books, each night"),
    "GetCheckoutSessionsSession": ("checkout.sessions.retrieve", "what became of a page"),
    "GetDisputesDispute": ("disputes.retrieve", "what became of a card dispute"),
    "GetEvents": ("events.list", "what was told and not heard, each night"),
    "GetPaymentIntents": ("payment_intents.list", "read back a hold or payment by its key"),
    "GetPaymentIntentsIntent": ("payment_intents.retrieve", "how a hold stands"),
    "GetPaymentMethodsPaymentMethod": ("payment_methods.retrieve", "a card, and whose it is"),
    "GetPayoutsPayout": ("payouts.retrieve", "an owner's bank sent money back"),
    "GetRefunds": ("refunds.list", "read back a refund by its key"),
    "GetRefundsRefund": ("refunds.retrieve", "what became of a refund"),
    "GetTransfers": ("transfers.list", "read back a payout by its key"),
    "GetTransfersIdReversals": ("transfers.reversals.list", "read back what was taken back"),
    "GetTransfersTransfer": ("transfers.retrieve", "a payout that was taken back by hand"),
    "PostAccountLinks": ("account_links.create", "an owner's way to Stripe's page"),
    "PostAccounts": ("accounts.create", "an owner wants to be paid"),
    "PostCheckoutSessions": ("checkout.sessions.create", "a page for a card or a hold"),
    "PostCheckoutSessionsSessionExpire": ("checkout.sessions.expire", "nobody is to pay there"),
    "PostCustomers": ("customers.create", "a driver whose cards are kept"),
    "PostDisputesDispute": ("disputes.update", "send a cardholder's bank what the hub knows"),
    "PostDisputesDisputeClose": ("disputes.close", "an operator leaves a charge to its cardholder"),
    "PostPaymentIntents": ("payment_intents.create", "hold, or take at once"),
    "PostPaymentIntentsIntentCancel": ("payment_intents.cancel", "let go of a hold"),
    "PostPaymentIntentsIntentCapture": ("payment_intents.capture", "take what was held"),
    "PostPaymentIntentsIntentIncrementAuthorization": (
        "payment_intents.increment_authorization",
        "a session costs more than is held",
    ),
    "PostPaymentMethodsPaymentMethodDetach": ("payment_methods.detach", "a card is removed"),
    "PostRefunds": ("refunds.create", "give back"),
    "PostTransfers": ("transfers.create", "pay an owner"),
    "PostTransfersIdReversals": ("transfers.reversals.create", "take back what an owner owes"),
}
