class Webhooks::StripeController < ApplicationController
  skip_before_action :verify_authenticity_token

  def create
    event = Stripe::Webhook.construct_event(
      request.raw_post, request.headers["Stripe-Signature"], ENV.fetch("STRIPE_WEBHOOK_SECRET")
    )
    object = event.data.object
    case event.type
    when "checkout.session.completed"
      Order.create_or_find_by!(checkout_session_id: object.id) do |order|
        order.user_id = object.client_reference_id
        order.payment_intent_id = object.payment_intent
        order.amount_cents = object.amount_total
        order.currency = object.currency
        order.status = :paid
      end
    when "charge.refunded"
      order = Order.find_by!(payment_intent_id: object.payment_intent)
      order.update!(status: object.refunded ? :refunded : :partially_refunded)
    when "charge.dispute.created"
      Order.find_by!(payment_intent_id: object.payment_intent).update!(disputed: true)
    when "charge.dispute.closed"
      Order.find_by!(payment_intent_id: object.payment_intent).update!(disputed: object.status != "won")
    end
    head :ok
  rescue JSON::ParserError, Stripe::SignatureVerificationError
    head :bad_request
  end
end
