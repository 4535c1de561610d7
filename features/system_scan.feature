Feature: System scan
  What no request can show is seen in the source. `hookassay scan` reads it; a line that breaks a rule has an arrow here.

  @SC-01 @error
  Rule: Stripe's events are handled in one place
    Source: docs.stripe.com/webhooks, register your endpoint: one URL handles the events sent to it.
    Prevents: two handlers that each record the same payment, or of which one was forgotten when the other was mended.

    Example: two routes
      Given the file app.py
        """
        @app.post("/webhook")  ⟵
        def webhook():
            event = stripe.Webhook.construct_event(request.data, request.headers["Stripe-Signature"], SECRET)
            if event.type == "checkout.session.completed":
                create_order(event.data.object)
            return "", 200
        """
      And the file billing.py
        """
        @app.post("/billing/stripe")
        def stripe_events():
            event = stripe.Webhook.construct_event(request.data, request.headers["Stripe-Signature"], SECRET)
            if event.type == "charge.refunded":
                refund(event.data.object)
            return "", 204
        """
      When the code is scanned
      Then SC-01 is found at the arrow

    Example: a route and its helper
      Given the file app.py
        """
        from handler import dispatch

        @app.post("/webhook")
        def webhook():
            event = stripe.Webhook.construct_event(request.data, request.headers["Stripe-Signature"], SECRET)
            dispatch(event)
            return "", 200
        """
      And the file handler.py
        """
        def dispatch(event):
            if event.type == "checkout.session.completed":
                create_order(event.data.object)
        """
      When the code is scanned
      Then SC-01 is not found

  @SC-02 @error
  Rule: No secret stands in the code
    Source: docs.stripe.com/keys-best-practices, don't put keys in source code.
    Prevents: whoever reads the code refunds payments, or signs events.

    Example: a live key
      Given the file shop.js
        """
        const stripe = require("stripe")("sk_live_51HqLyjWDarjtT1zdp7dcAbCdEf");  ⟵
        """
      When the code is scanned
      Then SC-02 is found at the arrow

    Example: a placeholder
      Given the file shop.js
        """
        const stripe = require("stripe")(process.env.STRIPE_SECRET_KEY); // sk_live_...
        """
      When the code is scanned
      Then SC-02 is not found

  @SC-03 @error
  Rule: Git keeps no file of secrets
    Source: docs.stripe.com/keys-best-practices, don't put keys in source code.
    Prevents: every clone has the keys, for ever.

    Example: tracked
      Given the file .env.production
        """
        STRIPE_SECRET_KEY=rk_live_51Jx9fKq2LmZ8xWv3RtYb6Nc  ⟵
        """
      And a repository that keeps what is not ignored
      When the code is scanned
      Then SC-03 is found at the arrow

    Example: ignored by git
      Given the file .gitignore
        """
        .env
        """
      And the file .env
        """
        STRIPE_SECRET_KEY=rk_live_51Jx9fKq2LmZ8xWv3RtYb6Nc
        """
      And a repository that keeps what is not ignored
      When the code is scanned
      Then SC-03 is not found

  @SC-04 @error
  Rule: A secret that is missing is not replaced
    Source: CWE-1188, initialization of a resource with an insecure default.
    Prevents: a server without its secret accepts what anybody signs with the default.

    Example: a default
      Given the file webhook.php
        """
        <?php
        $secret = getenv('STRIPE_WEBHOOK_SECRET') ?: '';  ⟵
        $event = \Stripe\Webhook::constructEvent($payload, $_SERVER['HTTP_STRIPE_SIGNATURE'], $secret);
        """
      When the code is scanned
      Then SC-04 is found at the arrow

    Example: a refusal
      Given the file webhook.php
        """
        <?php
        $secret = getenv('STRIPE_WEBHOOK_SECRET') ?: throw new RuntimeException('STRIPE_WEBHOOK_SECRET is missing');
        $event = \Stripe\Webhook::constructEvent($payload, $_SERVER['HTTP_STRIPE_SIGNATURE'], $secret);
        """
      When the code is scanned
      Then SC-04 is not found

  @SC-05 @error
  Rule: No secret is handed to the browser
    Source: docs.stripe.com/keys, secret keys are for the server alone.
    Prevents: every visitor has the key.

    Example: a public name
      Given the file src/pay.ts
        """
        const key = process.env.NEXT_PUBLIC_STRIPE_SECRET_KEY ?? "";  ⟵
        """
      When the code is scanned
      Then SC-05 is found at the arrow

    Example: the publishable key
      Given the file src/pay.ts
        """
        const key = process.env.NEXT_PUBLIC_STRIPE_PUBLISHABLE_KEY ?? "";
        """
      When the code is scanned
      Then SC-05 is not found

  @SC-06 @error
  Rule: .env defines both secrets
    Source: docs.stripe.com/webhooks, the endpoint secret; docs.stripe.com/keys.
    Prevents: a server that starts without the secret that it verifies with.

    Example: one is missing
      Given the file .env
        """
        APP_NAME=shop  ⟵
        STRIPE_SECRET_KEY=sk_test_...
        """
      And the file server.py
        """
        import stripe
        """
      When the code is scanned
      Then SC-06 is found at the arrow

    Example: both are there
      Given the file .env
        """
        APP_NAME=shop
        STRIPE_SECRET_KEY=sk_test_...
        STRIPE_WEBHOOK_SECRET=whsec_...
        """
      And the file server.py
        """
        import stripe
        """
      When the code is scanned
      Then SC-06 is not found

  @SC-07 @error
  Rule: Each variable holds its own kind of secret
    Source: docs.stripe.com/keys; docs.stripe.com/webhooks, the endpoint secret.
    Prevents: every genuine delivery is refused, and the API key ends in the webhook's log.

    Example: swapped
      Given the file .env
        """
        STRIPE_SECRET_KEY=sk_live_...
        STRIPE_WEBHOOK_SECRET=rk_live_...  ⟵
        """
      And the file server.py
        """
        import stripe
        """
      When the code is scanned
      Then SC-07 is found at the arrow

    Example: in their places
      Given the file .env
        """
        STRIPE_SECRET_KEY=rk_live_...
        STRIPE_WEBHOOK_SECRET=whsec_...
        """
      And the file server.py
        """
        import stripe
        """
      When the code is scanned
      Then SC-07 is not found

  @SC-08 @warning
  Rule: .env defines no other secret of Stripe's
    Source: docs.stripe.com/keys-best-practices, limit who has which key.
    Prevents: a forgotten key that nobody rolls.

    Example: a second key
      Given the file .env
        """
        STRIPE_SECRET_KEY=sk_live_...
        STRIPE_API_KEY=sk_live_...  ⟵
        STRIPE_WEBHOOK_SECRET=whsec_...
        """
      And the file server.py
        """
        import stripe
        """
      When the code is scanned
      Then SC-08 is found at the arrow

    Example: a publishable key beside
      Given the file .env
        """
        STRIPE_SECRET_KEY=sk_live_...
        STRIPE_PUBLISHABLE_KEY=pk_live_...
        STRIPE_WEBHOOK_SECRET=whsec_...
        """
      And the file server.py
        """
        import stripe
        """
      When the code is scanned
      Then SC-08 is not found

  @SC-09 @error
  Rule: Stripe's API is called by the server alone
    Source: docs.stripe.com/keys, secret keys are for the server alone.
    Prevents: a page that cannot work without showing everybody a secret key.

    Example: from a page
      Given the file src/components/Refund.tsx
        """
        export async function refund(charge: string): Promise<void> {
          const url = `https://api.stripe.com/v1/refunds?charge=${charge}`;  ⟵
          await fetch(url, { headers: { Authorization: localStorage.getItem("key") ?? "" } });
        }
        """
      When the code is scanned
      Then SC-09 is found at the arrow

    Example: Stripe.js in a page
      Given the file src/components/Pay.tsx
        """
        import { loadStripe } from "@stripe/stripe-js";

        const stripe = await loadStripe(process.env.NEXT_PUBLIC_STRIPE_PUBLISHABLE_KEY!);
        """
      When the code is scanned
      Then SC-09 is not found

  @SC-10 @error
  Rule: The orders table has every column that it needs
    Source: the orders table that this project certifies.
    Prevents: a refund or a dispute that there is no place for.

    Example: no disputes
      Given the file migrations/001.sql
        """
        CREATE TABLE orders (  ⟵
          id SERIAL PRIMARY KEY, user_id INT, stripe_session_id TEXT UNIQUE, status TEXT, refund_status TEXT,
          total_amount NUMERIC(12, 2), created_at TIMESTAMP
        );
        """
      When the code is scanned
      Then SC-10 is found at the arrow

    Example: added later
      Given the file migrations/001.sql
        """
        CREATE TABLE orders (
          id SERIAL PRIMARY KEY, user_id INT, stripe_session_id TEXT UNIQUE, status TEXT, refund_status TEXT,
          total_amount NUMERIC(12, 2), created_at TIMESTAMP
        );
        """
      And the file migrations/002.sql
        """
        ALTER TABLE orders ADD COLUMN dispute_status TEXT;
        """
      When the code is scanned
      Then SC-10 is not found

  @SC-11 @error
  Rule: A Checkout Session has one order
    Source: docs.stripe.com/webhooks, handle duplicate events.
    Prevents: two deliveries at once that make two orders of one payment.

    Example: no unique key
      Given the file models.py
        """
        class Order(db.Model):
            id = db.Column(db.Integer, primary_key=True)
            stripe_session_id = db.Column(db.String(255), nullable=False)  ⟵
            status = db.Column(db.String(20))
        """
      When the code is scanned
      Then SC-11 is found at the arrow

    Example: a unique key
      Given the file models.py
        """
        class Order(db.Model):
            id = db.Column(db.Integer, primary_key=True)
            stripe_session_id = db.Column(db.String(255), unique=True)
            status = db.Column(db.String(20))
        """
      When the code is scanned
      Then SC-11 is not found

  @SC-12 @error
  Rule: Money is kept exactly
    Source: docs.stripe.com/currencies, amounts are integers in the smallest unit.
    Prevents: a total that is a cent off, and a sum that matches no statement.

    Example: a float column
      Given the file order.js
        """
        const Order = sequelize.define("Order", {
          stripeSessionId: { type: DataTypes.STRING, unique: true },
          totalAmount: { type: DataTypes.FLOAT, allowNull: false },  ⟵
        });
        """
      When the code is scanned
      Then SC-12 is found at the arrow

    Example: a decimal column
      Given the file order.js
        """
        const Order = sequelize.define("Order", {
          stripeSessionId: { type: DataTypes.STRING, unique: true },
          totalAmount: { type: DataTypes.DECIMAL(12, 2), allowNull: false },
          discountRate: DataTypes.FLOAT,
        });
        """
      When the code is scanned
      Then SC-12 is not found

  @SC-13 @error
  Rule: The orders table is defined once
    Source: the orders table that this project certifies.
    Prevents: code that was written for a table that the database does not have.

    Example: two keys
      Given the file db/schema.rb
        """
        ActiveRecord::Schema[8.0].define(version: 1) do
          create_table "orders", id: :uuid, force: :cascade do |t|
            t.string "stripe_session_id", index: { unique: true }
          end
        end
        """
      And the file lib/store.rb
        """
        DB.run(<<~SQL)
          CREATE TABLE IF NOT EXISTS orders (id serial PRIMARY KEY, stripe_session_id text UNIQUE)  ⟵
        SQL
        """
      When the code is scanned
      Then SC-13 is found at the arrow

    Example: dropped and made anew
      Given the file db/migrate/1_create_orders.rb
        """
        class CreateOrders < ActiveRecord::Migration[7.1]
          def change
            create_table(:orders) { |t| t.string :stripe_session_id, index: { unique: true } }
          end
        end
        """
      And the file db/migrate/2_again.rb
        """
        class Again < ActiveRecord::Migration[7.1]
          def up
            drop_table :orders
            create_table :orders, id: :uuid do |t|
              t.string :stripe_session_id, index: { unique: true }
            end
          end
        end
        """
      When the code is scanned
      Then SC-13 is not found

  @SC-14 @error
  Rule: The bytes that were received are verified
    Source: docs.stripe.com/webhooks/signature, the raw body.
    Prevents: genuine deliveries are refused as soon as their JSON is spaced otherwise.

    Example: parsed first
      Given the file webhook.php
        """
        <?php
        $payload = json_decode(file_get_contents('php://input'), true);  ⟵
        $event = \Stripe\Webhook::constructEvent($payload, $_SERVER['HTTP_STRIPE_SIGNATURE'], $secret);
        """
      When the code is scanned
      Then SC-14 is found at the arrow

    Example: parsed beside
      Given the file webhook.php
        """
        <?php
        $payload = file_get_contents('php://input');
        $told = json_decode($payload, true);
        $event = \Stripe\Webhook::constructEvent($payload, $_SERVER['HTTP_STRIPE_SIGNATURE'], $secret);
        """
      When the code is scanned
      Then SC-14 is not found

  @SC-15 @error
  Rule: Every delivery is verified
    Source: docs.stripe.com/webhooks, verify that events are sent from Stripe.
    Prevents: anybody who knows the URL gets goods for nothing.

    Example: unverified
      Given the file webhook.go
        """
        package shop

        import "github.com/stripe/stripe-go/v82"

        func Webhook(c *gin.Context) {
            var event stripe.Event
            if err := c.ShouldBindJSON(&event); err != nil {  ⟵
                c.Status(400)
                return
            }
            switch event.Type {
            case "checkout.session.completed":
                fulfil(event)
            }
            c.Status(200)
        }
        """
      When the code is scanned
      Then SC-15 is found at the arrow

    Example: verified
      Given the file webhook.go
        """
        package shop

        func Webhook(w http.ResponseWriter, r *http.Request) {
            payload, _ := io.ReadAll(r.Body)
            event, err := webhook.ConstructEvent(payload, r.Header.Get("Stripe-Signature"), secret)
            if err != nil {
                w.WriteHeader(http.StatusBadRequest)
                return
            }
            handle(event)
        }
        """
      When the code is scanned
      Then SC-15 is not found

  @SC-16 @error
  Rule: The age of a delivery is checked
    Source: docs.stripe.com/webhooks, preventing replay attacks.
    Prevents: a recorded delivery that is good for ever.

    Example: no limit
      Given the file webhook.py
        """
        event = stripe.Webhook.construct_event(payload, signature, secret, tolerance=0)  ⟵
        """
      When the code is scanned
      Then SC-16 is found at the arrow

    Example: ten minutes
      Given the file webhook.py
        """
        event = stripe.Webhook.construct_event(payload, signature, secret, tolerance=600)
        """
      When the code is scanned
      Then SC-16 is not found

  @SC-17 @warning
  Rule: Signatures are compared in constant time
    Source: docs.stripe.com/webhooks, verify manually: a constant-time comparison; CWE-208.
    Prevents: a signature that is guessed by the time that a refusal takes.

    Example: equals
      Given the file verify.js
        """
        function check(body, header) { // stripe-signature
          const expected = Buffer.from(computeSignature(body, secret), 'hex');
          return Buffer.from(header.v1, 'hex').equals(expected);  ⟵
        }
        """
      When the code is scanned
      Then SC-17 is found at the arrow

    Example: in constant time
      Given the file verify.js
        """
        function check(body, header) { // stripe-signature
          const expected = Buffer.from(computeSignature(body, secret), 'hex');
          return crypto.timingSafeEqual(Buffer.from(header.v1, 'hex'), expected);
        }
        """
      When the code is scanned
      Then SC-17 is not found

  @SC-18 @error
  Rule: A failure is not acknowledged
    Source: docs.stripe.com/webhooks, retries: what is not answered with a 2xx is delivered again.
    Prevents: a database that was away for a second, and a refund that is lost for ever.

    Example: logged and acknowledged
      Given the file handler.rb
        """
        class RefundHandler
          def call(event)
            charge = event.data.object # a Stripe::Charge
            Order.find_by!(payment_intent: charge.payment_intent).update!(refund_status: "refunded")
          rescue StandardError => e  ⟵
            Sentry.capture_exception(e)
          end
        end
        """
      When the code is scanned
      Then SC-18 is found at the arrow

    Example: logged and raised
      Given the file handler.rb
        """
        class RefundHandler
          def call(event)
            charge = event.data.object # a Stripe::Charge
            Order.find_by!(payment_intent: charge.payment_intent).update!(refund_status: "refunded")
          rescue StandardError => e
            Sentry.capture_exception(e)
            raise
          end
        end
        """
      When the code is scanned
      Then SC-18 is not found

  @SC-19 @warning
  Rule: An answer does not tell what went wrong inside
    Source: CWE-209, an error message that holds sensitive information.
    Prevents: a forger who learns which part of the signature was wrong.

    Example: echoed
      Given the file webhook.php
        """
        <?php
        try {
            $event = \Stripe\Webhook::constructEvent($payload, $_SERVER['HTTP_STRIPE_SIGNATURE'], $secret);
        } catch (\UnexpectedValueException $e) {
            http_response_code(400);
            echo json_encode(['error' => $e->getMessage()]);  ⟵
            exit();
        }
        """
      When the code is scanned
      Then SC-19 is found at the arrow

    Example: kept in the log
      Given the file webhook.php
        """
        <?php
        try {
            $event = \Stripe\Webhook::constructEvent($payload, $_SERVER['HTTP_STRIPE_SIGNATURE'], $secret);
        } catch (\UnexpectedValueException $e) {
            error_log($e->getMessage());
            http_response_code(400);
            echo json_encode(['error' => 'invalid payload']);
            exit();
        }
        """
      When the code is scanned
      Then SC-19 is not found

  @SC-20 @warning
  Rule: A payload is not logged whole
    Source: docs.stripe.com/security; CWE-532, sensitive information in a log file.
    Prevents: names, addresses and mail addresses of customers in a log that everybody reads.

    Example: the payload
      Given the file webhook.go
        """
        package shop

        func Webhook(c *gin.Context) {
            event, _ := webhook.ConstructEvent(body, c.GetHeader("Stripe-Signature"), secret)
            fmt.Printf("data: %s\n", event.Data.Raw)  ⟵
            c.Status(http.StatusOK)
        }
        """
      When the code is scanned
      Then SC-20 is found at the arrow

    Example: the id and the type
      Given the file webhook.go
        """
        package shop

        func Webhook(c *gin.Context) {
            event, _ := webhook.ConstructEvent(body, c.GetHeader("Stripe-Signature"), secret)
            fmt.Printf("event: %s %s\n", event.ID, event.Type)
            c.Status(http.StatusOK)
        }
        """
      When the code is scanned
      Then SC-20 is not found

  @SC-21 @error
  Rule: A refund finds its order by the payment
    Source: docs.stripe.com/api/charges: a Charge has a payment_intent, and no Checkout Session.
    Prevents: a refund that changes no row, and is acknowledged.

    Example: by the session's column
      Given the file refunds.py
        """
        def refunded(charge: stripe.Charge) -> None:
            order = Order.get(Order.stripe_session_id == charge.payment_intent)  ⟵
            order.refund_status = "refunded"
            order.save()
        """
      When the code is scanned
      Then SC-21 is found at the arrow

    Example: by the session that Stripe names
      Given the file refunds.py
        """
        def refunded(charge: stripe.Charge) -> None:
            sessions = stripe.checkout.Session.list(payment_intent=charge.payment_intent, limit=1)
            order = Order.get(Order.stripe_session_id == sessions.data[0].id)
            order.refund_status = "refunded"
            order.save()
        """
      When the code is scanned
      Then SC-21 is not found

  @SC-22 @error
  Rule: A dispute is read as a dispute
    Source: docs.stripe.com/api/disputes: the object of charge.dispute.created is a Dispute.
    Prevents: fields that are always undefined, and a dispute that is never recorded.

    Example: a charge's field
      Given the file disputes.js
        """
        const onDispute = async (event) => {
          const { object: dispute } = event.data;
          if (dispute.refunded) return;  ⟵
          await db.update(orders).set({ disputed: true }).where(eq(orders.payment_intent, dispute.payment_intent));
        };
        const handlers = { "charge.dispute.created": onDispute };
        const event = stripe.webhooks.constructEvent(body, signature, secret);
        """
      When the code is scanned
      Then SC-22 is found at the arrow

    Example: the charge, retrieved
      Given the file disputes.js
        """
        async function onDispute(dispute) {
          const charge = await stripe.charges.retrieve(dispute.charge);
          if (charge.refunded) return;
          await open(charge.billing_details.email, charge.id, dispute.id);
        }
        const event = stripe.webhooks.constructEvent(body, signature, secret);
        if (event.type === "charge.dispute.created") await onDispute(event.data.object);
        """
      When the code is scanned
      Then SC-22 is not found

  @SC-23 @error
  Rule: An order is not looked for before it is inserted
    Source: docs.stripe.com/webhooks, handle duplicate events.
    Prevents: two deliveries at once that both find nothing.

    Example: looked for
      Given the file orders.rb
        """
        def completed(session)
          Order.create!(stripe_session_id: session.id) unless Order.where(stripe_session_id: session.id).exists?  ⟵
        end
        completed(Stripe::Webhook.construct_event(payload, signature, secret).data.object)
        """
      When the code is scanned
      Then SC-23 is found at the arrow

    Example: inserted or left
      Given the file orders.rb
        """
        def completed(session)
          Order.insert({ stripe_session_id: session.id }, unique_by: :stripe_session_id)
        end
        completed(Stripe::Webhook.construct_event(payload, signature, secret).data.object)
        """
      When the code is scanned
      Then SC-23 is not found

  @SC-24 @warning
  Rule: An amount is divided by what its currency says
    Source: docs.stripe.com/currencies, zero-decimal currencies.
    Prevents: an order of 5,000 yen that is kept as 50.

    Example: a hundredth
      Given the file refunds.php
        """
        <?php
        final class RefundListener
        {
            public function __invoke(\Stripe\Charge $charge): void
            {
                $this->orders->refund($charge->payment_intent, $charge->amount_refunded / 100);  ⟵
            }
        }
        """
      When the code is scanned
      Then SC-24 is found at the arrow

    Example: the currency's exponent
      Given the file refunds.php
        """
        <?php
        class StripeAmount
        {
            public static function major(\Stripe\Checkout\Session $session): string
            {
                return bcdiv((string) $session->amount_total, bcpow('10', Currencies::exponent($session->currency)), 3);
            }
        }
        """
      When the code is scanned
      Then SC-24 is not found

  @SC-25 @warning
  Rule: Only event types that exist are handled
    Source: docs.stripe.com/api/events/types.
    Prevents: a branch that never runs, and disputes that nobody hears of.

    Example: no such type
      Given the file dispatch.go
        """
        package shop

        func dispatch(event *stripe.Event) error {
            if event.Type == "charge.disputed" {  ⟵
                return dispute(event)
            }
            return nil
        }
        """
      When the code is scanned
      Then SC-25 is found at the arrow

    Example: a type that exists
      Given the file dispatch.go
        """
        package shop

        func dispatch(event *stripe.Event) error {
            if event.Type == "charge.dispute.created" {
                return dispute(event)
            }
            return nil
        }
        """
      When the code is scanned
      Then SC-25 is not found

  @SC-26 @warning
  Rule: No public document names the route
    Source: OWASP API security, improper inventory management.
    Prevents: a forger who need not guess where to send.

    Example: documented
      Given the file hook.py
        """
        import stripe
        from fastapi import FastAPI, Request

        app = FastAPI()


        @app.post("/webhook")  ⟵
        async def hook(request: Request):
            event = stripe.Webhook.construct_event(await request.body(), request.headers["stripe-signature"], SECRET)
        """
      When the code is scanned
      Then SC-26 is found at the arrow

    Example: left out of the schema
      Given the file hook.py
        """
        import stripe
        from fastapi import FastAPI, Request

        app = FastAPI()


        @app.post("/webhook", include_in_schema=False)
        async def hook(request: Request):
            event = stripe.Webhook.construct_event(await request.body(), request.headers["stripe-signature"], SECRET)
        """
      When the code is scanned
      Then SC-26 is not found

  @SC-27 @error
  Rule: An amount is stored as it came
    Source: docs.stripe.com/currencies, amounts are integers in the smallest unit.
    Prevents: cents that are lost between the event and the table.

    Example: parsed as a float
      Given the file webhook.js
        """
        fastify.post("/stripe/webhook", async (request, reply) => {
          const event = stripe.webhooks.constructEvent(request.rawBody, request.headers["stripe-signature"], secret);
          const { id, amount_total } = event.data.object;
          const total = parseFloat(amount_total);  ⟵
          await pool.query("INSERT INTO orders (stripe_session_id, total) VALUES ($1, $2)", [id, total]);
          return { received: true };
        });
        """
      When the code is scanned
      Then SC-27 is found at the arrow

    Example: stored as an integer
      Given the file webhook.js
        """
        fastify.post("/stripe/webhook", async (request, reply) => {
          const event = stripe.webhooks.constructEvent(request.rawBody, request.headers["stripe-signature"], secret);
          const { id, amount_total } = event.data.object;
          await pool.query("INSERT INTO orders (stripe_session_id, total) VALUES ($1, $2)", [id, amount_total]);
          return { received: true };
        });
        """
      When the code is scanned
      Then SC-27 is not found
