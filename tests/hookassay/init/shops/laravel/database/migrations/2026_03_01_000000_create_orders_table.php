<?php

use Illuminate\Database\Migrations\Migration;
use Illuminate\Database\Schema\Blueprint;
use Illuminate\Support\Facades\Schema;

return new class extends Migration
{
    public function up(): void
    {
        Schema::create('orders', function (Blueprint $table) {
            $table->id();
            $table->string('stripe_session_id')->unique();
            $table->string('payment_intent')->nullable()->unique();
            $table->string('customer_email')->nullable();
            $table->enum('status', ['pending', 'paid', 'cancelled'])->default('pending');
            $table->enum('refund_status', ['none', 'partial', 'full'])->default('none');
            $table->timestamp('disputed_at')->nullable();
            $table->decimal('total_amount', 10, 2);
            $table->timestamps();
        });
    }
};
