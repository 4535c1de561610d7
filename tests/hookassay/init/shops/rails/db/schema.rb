ActiveRecord::Schema[8.0].define(version: 2026_05_02_101500) do
  create_table "users", force: :cascade do |t|
    t.string "email", null: false
  end

  create_table "orders", force: :cascade do |t|
    t.bigint "user_id"
    t.string "checkout_session_id", null: false
    t.string "payment_intent_id"
    t.integer "status", default: 0, null: false
    t.boolean "disputed", default: false, null: false
    t.bigint "amount_cents", null: false
    t.string "currency", default: "eur", null: false
    t.datetime "created_at", null: false
    t.datetime "updated_at", null: false
    t.index ["checkout_session_id"], name: "index_orders_on_checkout_session_id", unique: true
    t.index ["payment_intent_id"], name: "index_orders_on_payment_intent_id", unique: true
  end

  add_foreign_key "orders", "users"
end
