<?php

namespace App\Http\Controllers;

use App\Models\Order;
use Illuminate\Http\Request;
use Illuminate\Http\Response;
use Stripe\Exception\SignatureVerificationException;
use Stripe\Webhook;

class StripeWebhookController extends Controller
{
    public function handle(Request $request): Response
    {
        try {
            $event = Webhook::constructEvent(
                $request->getContent(),
                $request->header('Stripe-Signature', ''),
                config('services.stripe.webhook_secret'),
            );
        } catch (\UnexpectedValueException | SignatureVerificationException $e) {
            return response('', 400);
        }

        $object = $event->data->object;
        switch ($event->type) {
            case 'checkout.session.completed':
                Order::firstOrCreate(['stripe_session_id' => $object->id], [
                    'customer_email' => $object->metadata->customer_email,
                    'payment_intent' => $object->payment_intent,
                    'total_amount' => $object->amount_total / 100,
                    'status' => 'paid',
                ]);
                break;
            case 'charge.refunded':
                Order::where('payment_intent', $object->payment_intent)
                    ->update(['refund_status' => $object->refunded ? 'full' : 'partial']);
                break;
            case 'charge.dispute.created':
                Order::where('payment_intent', $object->payment_intent)->update(['disputed_at' => now()]);
                break;
        }

        return response('', 200);
    }
}
