class Order < ApplicationRecord
  belongs_to :user, optional: true

  enum :status, { pending: 0, paid: 1, partially_refunded: 2, refunded: 3 }
end
