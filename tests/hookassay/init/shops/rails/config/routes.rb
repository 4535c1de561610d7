Rails.application.routes.draw do
  resources :products, only: [:index, :show]
  post "/checkout", to: "checkouts#create"

  namespace :webhooks do
    post "stripe", to: "stripe#create"
  end
end
